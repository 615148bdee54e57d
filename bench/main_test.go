package bench

import (
	"flag"
	"os"
	"testing"
)

var (
	resultsDir    = flag.String("results", "", "write the tables as text into this `folder` too")
	storiesWanted = flag.Int("stories", 50_000, "`number` of stories of the site that has many")
)

func TestMain(m *testing.M) {
	if os.Getenv(upstreamEnv) != "" {
		os.Exit(beUpstream(os.Stdin, os.Stdout))
	}
	os.Exit(m.Run())
}
