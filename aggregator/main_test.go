package aggregator_test

import (
	"os"
	"testing"

	"go.uber.org/goleak"
)

// hostileEnv makes the test binary an aggregator of hostile sources instead of
// running tests.
const hostileEnv = "TRIBUTARY_HOSTILE_CHILD"

func TestMain(m *testing.M) {
	if os.Getenv(hostileEnv) != "" {
		os.Exit(beHostileChild(os.Stdin, os.Stdout))
	}
	goleak.VerifyTestMain(m)
}
