package serve

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"time"

	"tributary/internal/fastpath"
)

// shutdownGrace is how long answers under way may take once we stop.
const shutdownGrace = 3 * time.Second

// writeTimeout is how long an answer may take, large files aside.
const writeTimeout = 30 * time.Second

// NewServer gives a server with limits that keep slow and huge requests from
// holding it up. A handler that streams sets its own write deadline with
// http.ResponseController.
func NewServer(handler http.Handler) *http.Server {
	return &http.Server{
		Handler:           handler,
		ReadHeaderTimeout: 5 * time.Second,
		ReadTimeout:       10 * time.Second,
		WriteTimeout:      writeTimeout,
		IdleTimeout:       60 * time.Second,
		MaxHeaderBytes:    16 << 10,
	}
}

// Run serves on a listener until ctx ends or the listener fails, then lets
// answers under way finish for at most 3 seconds; streams, whose requests'
// context is ctx, end at once. It closes the listener and gives nil after a
// stop by ctx, however it went.
//
// Where the server's handler is a [fastpath.Answerer], as [Handler] is, plain
// requests are answered before they get to net/http.
func Run(ctx context.Context, server *http.Server, listener net.Listener) error {
	server.BaseContext = func(net.Listener) context.Context { return ctx }
	wait := func(context.Context) {}
	if answerer, ok := server.Handler.(fastpath.Answerer); ok {
		fast := fastpath.Listen(listener, answerer, server)
		listener, wait = fast, fast.Wait
	}
	served := make(chan error, 1)
	go func() { served <- server.Serve(listener) }()
	var failure error
	select {
	case failure = <-served:
	case <-ctx.Done():
	}
	grace, cancel := context.WithTimeout(context.WithoutCancel(ctx), shutdownGrace)
	defer cancel()
	if server.Shutdown(grace) != nil {
		_ = server.Close() // who has not finished by now is cut off
	}
	wait(grace)
	if failure == nil {
		failure = <-served
	}
	if !errors.Is(failure, http.ErrServerClosed) {
		return fmt.Errorf("serve on %s: %w", listener.Addr(), failure)
	}
	return nil
}
