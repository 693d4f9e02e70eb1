// Package style is the one style sheet of all debug pages.
//
//	mux.Handle("/debug/style.css", http.HandlerFunc(style.Serve))
//
// It follows the reader's choice of light or dark, fits a phone, and never says
// anything by colour alone.
//
// # Cost
//
// Some 2 KB in the program.
//
// # What it cannot see
//
// Who may look: the gate decides before.
package style

import (
	_ "embed"
	"net/http"
)

//go:embed style.css
var sheet []byte

// Serve answers with the style sheet.
func Serve(w http.ResponseWriter, _ *http.Request) {
	w.Header().Set("Content-Type", "text/css; charset=utf-8")
	_, _ = w.Write(sheet) // an error means that the client has left
}
