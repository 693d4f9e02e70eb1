// Package style is the one style sheet of all debug pages.
//
//	mux.Handle("/debug/style.css", http.HandlerFunc(style.Serve))
//
// It follows the reader's choice of light or dark, fits a phone, and never says
// anything by colour alone.
//
// # Cost
//
// Some 8 KB in the program, and once more in memory.
//
// # What it cannot see
//
// Who may look: the gate decides before.
package style

import (
	_ "embed"
	"net/http"
	"strings"
)

//go:embed style.css
var source string

// sheet is the source without the space that people read it by.
var sheet = []byte(strings.NewReplacer("\n", "", "  ", "", " { ", "{", "; }", "}", ": ", ":", "; ", ";").Replace(source))

// Serve answers with the style sheet.
func Serve(w http.ResponseWriter, _ *http.Request) {
	w.Header().Set("Content-Type", "text/css; charset=utf-8")
	_, _ = w.Write(sheet) // an error means that the client has left
}

// Size is how many bytes that is.
func Size() int { return len(sheet) }
