package upstreamtest

import (
	"context"
	"encoding/binary"
	"io"
	"net"
	"net/netip"
	"strings"

	"golang.org/x/net/dns/dnsmessage"
)

// Resolver makes a resolver that asks lookup, which plays a DNS server that
// can lie: its addresses may differ from call to call, and none means that
// there is no such host. It is called once for A and once for AAAA records,
// from several goroutines.
func Resolver(lookup func(host string) []string) *net.Resolver {
	return &net.Resolver{PreferGo: true, Dial: func(context.Context, string, string) (net.Conn, error) {
		client, server := net.Pipe()
		go serveDNS(server, lookup)
		return client, nil
	}}
}

// serveDNS answers on one stream: messages with their length before them
// (RFC 1035 §4.2.2).
func serveDNS(conn net.Conn, lookup func(string) []string) {
	defer conn.Close()
	for {
		var length [2]byte
		if _, err := io.ReadFull(conn, length[:]); err != nil {
			return
		}
		query := make([]byte, binary.BigEndian.Uint16(length[:]))
		if _, err := io.ReadFull(conn, query); err != nil {
			return
		}
		answer, err := answerDNS(query, lookup)
		if err != nil {
			return // the client sees that the server hung up
		}
		if _, err := conn.Write(append(binary.BigEndian.AppendUint16(nil, uint16(len(answer))), answer...)); err != nil {
			return
		}
	}
}

func answerDNS(query []byte, lookup func(string) []string) ([]byte, error) {
	var message dnsmessage.Message
	if err := message.Unpack(query); err != nil {
		return nil, err
	}
	answer := dnsmessage.Message{
		Header:    dnsmessage.Header{ID: message.ID, Response: true, RecursionAvailable: true},
		Questions: message.Questions,
	}
	for _, question := range message.Questions {
		found := lookup(strings.TrimSuffix(question.Name.String(), "."))
		if len(found) == 0 {
			answer.RCode = dnsmessage.RCodeNameError
		}
		for _, text := range found {
			if record, ok := addressRecord(question, text); ok {
				answer.Answers = append(answer.Answers, record)
			}
		}
	}
	return answer.Pack()
}

// addressRecord is an address as the answer to a question, if it is of the
// family that was asked for.
func addressRecord(question dnsmessage.Question, text string) (dnsmessage.Resource, bool) {
	head := dnsmessage.ResourceHeader{Name: question.Name, Class: dnsmessage.ClassINET, Type: question.Type}
	switch addr := netip.MustParseAddr(text); {
	case question.Type == dnsmessage.TypeA && addr.Is4():
		return dnsmessage.Resource{Header: head, Body: &dnsmessage.AResource{A: addr.As4()}}, true
	case question.Type == dnsmessage.TypeAAAA && addr.Is6():
		return dnsmessage.Resource{Header: head, Body: &dnsmessage.AAAAResource{AAAA: addr.As16()}}, true
	}
	return dnsmessage.Resource{}, false
}
