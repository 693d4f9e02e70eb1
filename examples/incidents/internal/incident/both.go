package incident

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"time"
)

// both runs the broken and the fixed service side by side and prints the one after
// the other.
func (s Story) both() error {
	fmt.Printf("# %s\n\n%s\n\n", s.Title, s.Told)
	repaired, err := s.start(fixed)
	if err != nil {
		return err
	}
	began := time.Now()
	failing, err := s.start(broken)
	if err != nil {
		return errors.Join(err, repaired.end())
	}
	if err := failing.end(); err != nil {
		return errors.Join(fmt.Errorf("the broken service: %w", err), repaired.end())
	}
	fmt.Printf("With the fault, %s\n", failing.output)
	time.Sleep(max(0, s.atLeast()-time.Since(began)))
	if err := repaired.end(); err != nil {
		return fmt.Errorf("the service with the fix: %w", err)
	}
	fmt.Printf("%s\nWith the fix, %s", s.Fix, repaired.output)
	return nil
}

func (s Story) atLeast() time.Duration {
	if s.AtLeast == 0 {
		return 5 * time.Second
	}
	return s.AtLeast
}

// part is a process that plays one part of the story.
type part struct {
	command *exec.Cmd
	stdin   io.Closer
	output  *bytes.Buffer
}

func (s Story) start(name string) (*part, error) {
	program, err := os.Executable()
	if err != nil {
		return nil, err
	}
	p := &part{command: exec.Command(program), output: new(bytes.Buffer)}
	p.command.Env = append(os.Environ(), partEnv+"="+name)
	p.command.Stdout, p.command.Stderr = p.output, p.output
	if p.stdin, err = p.command.StdinPipe(); err != nil {
		return nil, err
	}
	return p, p.command.Start()
}

// end asks the part to come to its end and waits for it. What failed is in its
// output.
func (p *part) end() error {
	_ = p.stdin.Close()
	if err := p.command.Wait(); err != nil {
		return fmt.Errorf("%w\n%s", err, p.output)
	}
	return nil
}
