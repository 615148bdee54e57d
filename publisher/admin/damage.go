package admin

import (
	"fmt"

	"tributary/internal/health"
)

// SetAside notes that a damaged database was set aside as a file and a new one
// begun.
func (e *Events) SetAside(file string, damage error) {
	at := e.now()
	e.add(health.Event{
		ID: fmt.Sprintf("database-damaged-%d", at.UnixMilli()), At: at,
		Title: "the database was damaged and is made anew",
		Text: fmt.Sprintf("It is set aside as %s: %s. A new one is filled from the sources; retractions and ids for ever "+
			"come from the journal. What the sources no longer hold comes back with a backup.", file, health.Line(damage.Error())),
	})
}
