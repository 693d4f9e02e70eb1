//go:build linux

package benchmarks

import (
	"fmt"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"
)

// confine has the child move to control groups of its own. Where that is not
// possible, only disturbances that need it are skipped.
func (d disturbance) confine(child *exec.Cmd) (undo func(), err error) {
	settings := map[string]string{"cpu.shares": "262144", "cpu.weight": "10000"}
	maps.Copy(settings, d.cpu)
	var dirs []string
	undo = func() {
		for _, dir := range dirs {
			removeGroup(dir)
		}
	}
	for _, controller := range []string{"cpu", "freezer"} {
		if controller == "freezer" && (!d.freezer || len(dirs) > 0 && !version1()) {
			continue
		}
		dir := groupOf(controller)
		if err = makeGroup(dir, settings); err != nil {
			break
		}
		dirs = append(dirs, dir)
	}
	if err != nil && (d.cpu != nil || d.freezer) {
		undo()
		return nil, fmt.Errorf("no control group: %w", err)
	}
	var files []string
	for _, dir := range dirs {
		files = append(files, filepath.Join(dir, "cgroup.procs"))
	}
	child.Env = append(child.Env, causeGroups+"="+strings.Join(files, string(filepath.ListSeparator)))
	return undo, nil
}

func version1() bool {
	_, err := os.Stat("/sys/fs/cgroup/cpu")
	return err == nil
}

func groupOf(controller string) string {
	name := fmt.Sprintf("govitals-%d", os.Getpid())
	if version1() {
		return filepath.Join("/sys/fs/cgroup", controller, name)
	}
	return filepath.Join("/sys/fs/cgroup", name)
}

// makeGroup makes a group and changes those settings that it has.
func makeGroup(dir string, settings map[string]string) error {
	if err := os.Mkdir(dir, 0o755); err != nil {
		return err
	}
	for name, value := range settings {
		file := filepath.Join(dir, name)
		if _, err := os.Stat(file); err != nil {
			continue
		}
		if err := os.WriteFile(file, []byte(value), 0o644); err != nil {
			removeGroup(dir)
			return err
		}
	}
	return nil
}

// removeGroup waits for the child to be gone, by trying: version 1 does not tell when.
func removeGroup(dir string) {
	for range 100 {
		if os.Remove(dir) == nil {
			return
		}
		time.Sleep(20 * time.Millisecond)
	}
}
