package config_test

import (
	"fmt"
	"strings"
	"testing"

	"tributary/internal/config"
)

// BenchmarkParse10000Sources is part of how long a start takes.
func BenchmarkParse10000Sources(b *testing.B) {
	var text strings.Builder
	for i := range 10_000 {
		fmt.Fprintf(&text, "[[source]]\nname = \"source-%d\"\nurl = \"https://host-%d.example.org/%d.xml\"\ntags = [\"go\"]\nschedule = \"@hourly\"\n\n", i, i%3000, i)
	}
	data := []byte(text.String())
	b.SetBytes(int64(len(data)))
	b.ReportAllocs()
	for b.Loop() {
		if _, err := config.Parse("config.toml", data, noEnv); err != nil {
			b.Fatal(err)
		}
	}
}
