package loop

import (
	"context"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/govitals/govitals/internal/conform"
)

// callerStarter fits a Caller to the lifecycle test.
type callerStarter struct{ *Caller[int] }

func (c callerStarter) Start(ctx context.Context) error { return c.Caller.Start(ctx, "caller") }

func TestCallerLifecycle(t *testing.T) {
	conform.Lifecycle(t, callerStarter{new(Caller[int])}, func() conform.Starter {
		return callerStarter{NewCaller(func(context.Context, int) {})}
	})
}

func TestCallerKeepsOneCallWaiting(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var got []int
		slow := NewCaller(func(_ context.Context, n int) {
			time.Sleep(time.Minute)
			got = append(got, n)
		})
		if err := slow.Start(t.Context(), "slow"); err != nil {
			t.Fatal(err)
		}
		slow.Send(1)
		synctest.Wait() // the call runs
		for n := 2; n <= 5; n++ {
			if sent := slow.Send(n); sent != (n == 2) {
				t.Errorf("Send(%d) = %v", n, sent)
			}
		}
		time.Sleep(5 * time.Minute)
		if err := slow.Close(); err != nil {
			t.Error(err)
		}
		if len(got) != 2 || got[0] != 1 || got[1] != 2 || slow.Dropped() != 3 {
			t.Errorf("called with %v, dropped %d; want 1 and 2, dropped 3", got, slow.Dropped())
		}
	})
}

func TestCallerSurvivesAPanic(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		calls := 0
		c := NewCaller(func(context.Context, int) { calls++; panic("callback") })
		if err := c.Start(t.Context(), "c"); err != nil {
			t.Fatal(err)
		}
		for range 2 {
			c.Send(0)
			synctest.Wait()
		}
		if err := c.Close(); err != nil {
			t.Error(err)
		}
		if calls != 2 || !strings.Contains(c.Faults().Last, "callback") {
			t.Errorf("%d calls, faults %+v", calls, c.Faults())
		}
	})
}

func TestCloseNamesACallbackThatHangs(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		release := make(chan struct{})
		c := NewCaller(func(context.Context, int) { <-release })
		if err := c.Start(t.Context(), "OnVerdict"); err != nil {
			t.Fatal(err)
		}
		c.Send(0)
		synctest.Wait()
		if err := c.Close(); err == nil || !strings.Contains(err.Error(), "OnVerdict") {
			t.Errorf("Close: error is %v, want one that names the callback", err)
		}
		close(release)
	})
}

// TestWhatIsSentAtTheEndIsDelivered, or else counted as dropped.
func TestWhatIsSentAtTheEndIsDelivered(t *testing.T) {
	for name, end := range map[string]func(*Caller[int], context.CancelFunc){
		"Close":   func(c *Caller[int], _ context.CancelFunc) { _ = c.Close() },
		"context": func(_ *Caller[int], cancel context.CancelFunc) { cancel() },
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				ctx, cancel := context.WithCancel(t.Context())
				defer cancel()
				delivered := 0
				c := NewCaller(func(context.Context, int) { delivered++; time.Sleep(time.Second) })
				if err := c.Start(ctx, "c"); err != nil {
					t.Fatal(err)
				}
				c.Send(1)
				synctest.Wait()
				c.Send(2) // waits for the first
				end(c, cancel)
				if c.Send(3) {
					t.Error("Send says that a value will be delivered when nobody is there")
				}
				before := c.Dropped()
				time.Sleep(time.Minute)
				if now := c.Dropped(); now != before || uint64(delivered)+now != 3 {
					t.Errorf("of 3 values %d were delivered, %d dropped; %d just after the end", delivered, now, before)
				}
			})
		})
	}
	var never Caller[int]
	if _ = never.Close(); never.Send(1) || never.Dropped() != 1 {
		t.Errorf("a Caller that was closed before Start has dropped %d of 1", never.Dropped())
	}
}
