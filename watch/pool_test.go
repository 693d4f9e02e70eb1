package watch

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/govitals/govitals/finding"
	"github.com/govitals/govitals/internal/conform"
)

func TestPoolLifecycle(t *testing.T) {
	conform.Lifecycle(t, &Pool{}, func() conform.Starter {
		return NewPool(PoolConfig{Name: "a", Read: func() PoolReading { return PoolReading{} }})
	})
}

// idleDriver is a database that can do nothing but be connected to.
type idleDriver struct{}

func (idleDriver) Connect(context.Context) (driver.Conn, error) { return idleConn{}, nil }
func (idleDriver) Driver() driver.Driver                        { return nil }

type idleConn struct{}

func (idleConn) Prepare(string) (driver.Stmt, error) { return nil, driver.ErrSkip }
func (idleConn) Close() error                        { return nil }
func (idleConn) Begin() (driver.Tx, error)           { return nil, driver.ErrSkip }

// A real database/sql.DB whose connections are never given back.
func TestStarvedPoolIsNamed(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		db := sql.OpenDB(idleDriver{})
		defer db.Close()
		db.SetMaxOpenConns(2)
		p := NewPool(PoolConfig{Name: "db", DB: db})
		wantFinding(t, p, finding.Unknown)
		defer started(t, p)()
		var held []*sql.Conn
		for range 2 {
			c, err := db.Conn(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			held = append(held, c)
		}
		time.Sleep(time.Minute)
		wantFinding(t, p, finding.OK, "2 of 2") // full, and nobody waits
		ctx, leave := context.WithCancel(t.Context())
		waited := make(chan error)
		go func() {
			c, err := db.Conn(ctx)
			if err == nil {
				err = c.Close()
			}
			waited <- err
		}()
		time.Sleep(3 * time.Second)
		wantFinding(t, p, finding.Lagging, "WAITING FOR db POOL", "2 of 2 in use", "1 caller began to wait")
		if got := collect(t, p); got["pool.in_use db"] != 2 || got["pool.limit db"] != 2 || got["pool.waits db"] != 1 || got["pool.full db"] < 55 {
			t.Errorf("metrics are %v", got)
		}
		if _, known := collect(t, p)["pool.waiting db"]; known {
			t.Error("database/sql does not know who waits now, and there is a figure")
		}
		for _, c := range held {
			_ = c.Close()
		}
		if err := <-waited; err != nil {
			t.Error(err)
		}
		leave()
		time.Sleep(time.Minute)
		wantFinding(t, p, finding.OK, "0 of 2")
	})
}

// The last connection may be forgotten in the same second in which others still got one
// after a wait; and a wait that ends later does not excuse those that follow.
func TestPoolThatStarvesAfterWaitsThatEnded(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		now := PoolReading{InUse: 3, Max: 4, Waits: 10, WaitTime: time.Second}
		p := NewPool(PoolConfig{Name: "db", Read: func() PoolReading { return now }})
		reads := func(seconds int) {
			for range seconds {
				time.Sleep(time.Second)
				p.step(t.Context())
			}
		}
		reads(3)
		now = PoolReading{InUse: 4, Max: 4, Waiting: 5, Waits: 20, WaitTime: 1100 * time.Millisecond}
		reads(7)
		wantFinding(t, p, finding.Lagging, "WAITING FOR db POOL: 4 of 4 in use.", "5 callers wait now")
		now.Waiting, now.WaitTime = 4, now.WaitTime+100*time.Millisecond
		reads(1)
		wantFinding(t, p, finding.OK)
		now.Waiting, now.Waits = -1, now.Waits+3 // as of database/sql
		reads(6)
		wantFinding(t, p, finding.Lagging, "13 callers began to wait since")
	})
}

func TestBusyPoolByRateOfWaiting(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		began, rate := time.Now(), 0.1
		p := NewPool(PoolConfig{Name: "s", Read: func() PoolReading {
			elapsed := time.Since(began)
			return PoolReading{InUse: 4, Max: 4, Waiting: -1, Waits: uint64(elapsed / time.Second), WaitTime: time.Duration(rate * float64(elapsed))}
		}})
		stop := started(t, p)
		time.Sleep(time.Minute)
		wantFinding(t, p, finding.OK, "4 of 4")
		stop()
		rate = 3
		busy := NewPool(p.config)
		defer started(t, busy)()
		time.Sleep(time.Minute)
		wantFinding(t, busy, finding.Lagging, "WAITING FOR s POOL", "3 callers waited")
	})
}

func TestPoolThatDoesNotAnswer(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		hang, n := make(chan struct{}), 0
		p := NewPool(PoolConfig{Name: "s", Read: func() PoolReading {
			if n++; n > 3 {
				<-hang
			}
			return PoolReading{Max: 4}
		}})
		stop := started(t, p)
		time.Sleep(time.Minute)
		wantFinding(t, p, finding.Unknown, "pool s: it was last read 5")
		if got := collect(t, p); len(got) != 0 {
			t.Errorf("nobody knows any more, and there are figures: %v", got)
		}
		close(hang)
		stop()
		broken := NewPool(PoolConfig{Name: "b", Read: func() PoolReading { panic("boom") }})
		defer started(t, broken)()
		time.Sleep(time.Minute)
		if f := only(t, broken); f.State != finding.Unknown || !strings.Contains(f.Advice, "boom") {
			t.Errorf("finding is %+v", f)
		}
	})
}

func TestPoolConfigValidate(t *testing.T) {
	read := func() PoolReading { return PoolReading{} }
	wantRefused(t, map[string]PoolConfig{
		"PoolConfig.Name": {Read: read}, "set one of": {Name: "a"}, "PoolConfig.MaxWait": {Name: "a", Read: read, MaxWait: -1},
	})
}
