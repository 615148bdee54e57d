package export

import (
	"context"

	"tributary/publisher"
)

// What tests need of the inside.
const (
	Marker    = marker
	MaxOthers = maxForeign
)

var (
	StagePath = stagePath
	OldPath   = oldPath
	Exchange  = exchange
)

// WriteExchanging is Write with another way to exchange two directories.
func WriteExchanging(exchange func(a, b string) error) func(context.Context, string, map[string]*publisher.Rendition, Archives) (Report, error) {
	return func(ctx context.Context, dir string, renditions map[string]*publisher.Rendition, archives Archives) (Report, error) {
		return write(ctx, dir, renditions, archives, way{exchange: exchange})
	}
}
