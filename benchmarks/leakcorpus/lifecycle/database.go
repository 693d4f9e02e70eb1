package main

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
)

// openDatabase opens a database whose connections have a goroutine each, as
// those of many drivers do.
func openDatabase() *sql.DB { return sql.OpenDB(connector{}) }

type connector struct{}

// Connect starts a connection.
func (connector) Connect(context.Context) (driver.Conn, error) {
	c := &connection{requests: make(chan chan struct{})}
	go c.serve()
	return c, nil
}

// Driver is not needed.
func (connector) Driver() driver.Driver { return nil }

type connection struct{ requests chan chan struct{} }

func (c *connection) serve() {
	for reply := range c.requests {
		close(reply)
	}
}

// ExecContext waits for the goroutine of the connection.
func (c *connection) ExecContext(context.Context, string, []driver.NamedValue) (driver.Result, error) {
	reply := make(chan struct{})
	c.requests <- reply
	<-reply
	return driver.ResultNoRows, nil
}

// Close ends the goroutine of the connection.
func (c *connection) Close() error {
	close(c.requests)
	return nil
}

// Prepare is not needed.
func (*connection) Prepare(string) (driver.Stmt, error) { return nil, errors.ErrUnsupported }

// Begin is not needed.
func (*connection) Begin() (driver.Tx, error) { return nil, errors.ErrUnsupported }
