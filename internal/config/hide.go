package config

import "strings"

// hideValue cuts the value out of the line that is shown.
func (e *Error) hideValue() {
	before, _, _ := strings.Cut(e.Text, "=")
	e.Text = strings.TrimRight(before, " ") + " = …"
}
