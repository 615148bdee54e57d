package config

import (
	"maps"
	"net"
	"slices"
)

// layers are what holds for sources that say nothing themselves. They are never
// changed once they are made, and hold on to nothing of the files.
type layers struct {
	base  settings            // of any host
	hosts map[string]settings // those with a [host] block, by host or host:port, all that lies under it included
}

// of gives what holds for the sources at an address.
func (l *layers) of(at address) settings {
	if len(l.hosts) == 0 {
		return l.base
	}
	host, port := at.host()
	for _, key := range []string{net.JoinHostPort(host, port), host} {
		if s, ok := l.hosts[key]; ok {
			return s
		}
	}
	return l.base
}

// layersOver lays the [host] blocks over base: that of a host under those of its
// ports.
func (b *builder) layersOver(base settings) layers {
	l := layers{base: base, hosts: make(map[string]settings, len(b.hosts))}
	for _, name := range slices.Sorted(maps.Keys(b.hosts)) {
		s := base
		if host, _, err := net.SplitHostPort(name); err == nil && b.hosts[host] != nil {
			b.own(b.hosts[host], &s)
		}
		b.own(b.hosts[name], &s)
		l.hosts[name] = s
	}
	return l
}
