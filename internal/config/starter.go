package config

import _ "embed"

//go:embed starter.toml
var starter string

// Starter gives a commented config to start from. It loads without an error
// as it stands, in any folder.
func Starter() string { return starter }
