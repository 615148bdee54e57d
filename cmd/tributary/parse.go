package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/netip"
	"net/url"
	"os"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"tributary/aggregator/fetch"
	"tributary/aggregator/normalize"
	"tributary/aggregator/parse"
	"tributary/internal/news"
	"tributary/internal/safehttp"
)

// maxInput bounds a document from a file or standard input, in bytes: the same
// as for one from the network.
const maxInput = 16 << 20

func newParse(a *app) *cobra.Command {
	var from document
	cmd := &cobra.Command{
		Use:   "parse FILE|URL|-",
		Short: "Show what the aggregator makes of a document",
		Long: `Reads one feed document and prints what would be stored of it, as JSON: mended,
with absolute URLs and sanitized content.`,
		Args: oneArgument,
		RunE: func(cmd *cobra.Command, args []string) error {
			return a.parse(cmd.Context(), args[0], from)
		},
	}
	cmd.Flags().StringVar(&from.url, "url", "", "the `address` that the document is said to come from")
	cmd.Flags().StringVar(&from.contentType, "content-type", "", "the Content-Type `value` that HTTP would have given")
	return cmd
}

// document is what there is to parse.
type document struct {
	body             []byte
	url, contentType string
}

func (a *app) parse(ctx context.Context, where string, flags document) error {
	doc, err := a.read(ctx, where)
	if err != nil {
		return failed(err)
	}
	if flags.url != "" {
		doc.url = flags.url
	}
	if flags.contentType != "" {
		doc.contentType = flags.contentType
	}
	parsed, err := parse.Parse(doc.body, parse.Options{ContentType: doc.contentType, URL: doc.url})
	if err != nil && parsed == nil {
		return failed(fmt.Errorf("%s: %w", where, err))
	}
	if err != nil { // a feed without stories: it is read, but a source like this would fail
		fmt.Fprintf(a.stderr, "tributary: %s: %v\n", where, err)
	}
	source := news.Source{Name: "parse", URL: doc.url, Content: news.ContentFull, Images: news.ImagesKeep, Identity: news.IdentityID}
	batch := normalize.New().Batch(parsed, normalize.Options{Source: &source, URL: doc.url})
	encoder := json.NewEncoder(a.stdout)
	encoder.SetEscapeHTML(false)
	encoder.SetIndent("", "  ")
	return failed(encoder.Encode(batchAsJSON(batch)))
}

// read gets a document from standard input, the network or a file.
func (a *app) read(ctx context.Context, where string) (document, error) {
	if where == "-" {
		body, err := readAll(a.stdin, "standard input")
		return document{body: body}, err
	}
	if strings.HasPrefix(where, "http://") || strings.HasPrefix(where, "https://") {
		return a.download(ctx, where)
	}
	file, err := os.Open(where)
	if err != nil {
		return document{}, err
	}
	defer file.Close()
	body, err := readAll(file, where)
	return document{body: body}, err
}

func readAll(r io.Reader, name string) ([]byte, error) {
	body, err := io.ReadAll(io.LimitReader(r, maxInput+1))
	if err == nil && len(body) > maxInput {
		err = fmt.Errorf("%s is larger than %d MiB, the most that is read of a feed", name, maxInput>>20)
	}
	return body, err
}

// download fetches a document as a source would be fetched.
func (a *app) download(ctx context.Context, address string) (document, error) {
	client := safehttp.New(safehttp.Options{})
	defer client.CloseIdle()
	source := news.Source{Name: "parse", URL: address, Fetch: news.FetchSettings{
		Timeout: 30 * time.Second, AllowNetworks: literal(address),
	}}
	response, err := fetch.New(fetch.Options{Client: client, Version: version}).Fetch(ctx, fetch.Request{Source: &source})
	if err != nil {
		return document{}, err
	}
	defer response.Release()
	return document{body: append([]byte(nil), response.Body...), url: response.URL, contentType: response.ContentType}, nil
}

// literal allows the address that the operator typed, when it is one or is
// localhost. A name that leads to a private network is refused as for sources.
func literal(address string) []netip.Prefix {
	u, err := url.Parse(address)
	if err != nil {
		return nil
	}
	if u.Hostname() == "localhost" {
		return []netip.Prefix{netip.MustParsePrefix("127.0.0.0/8"), netip.MustParsePrefix("::1/128")}
	}
	ip, err := netip.ParseAddr(u.Hostname())
	if err != nil {
		return nil
	}
	return []netip.Prefix{netip.PrefixFrom(ip, ip.BitLen())}
}

// batchJSON is the output of `parse`. Absent fields are left out.
type batchJSON struct {
	Format      string        `json:"format"`
	Title       string        `json:"title,omitempty"`
	Link        string        `json:"link,omitempty"`
	Self        string        `json:"self,omitempty"`
	ID          string        `json:"id,omitempty"`
	Description string        `json:"description,omitempty"`
	Language    string        `json:"language,omitempty"`
	Rights      string        `json:"rights,omitempty"`
	Generator   string        `json:"generator,omitempty"`
	Updated     *time.Time    `json:"updated,omitempty"`
	Authors     []news.Person `json:"authors,omitempty"`
	Categories  []string      `json:"categories,omitempty"`
	Image       string        `json:"image,omitempty"`
	Warnings    []string      `json:"warnings,omitempty"`
	Stories     []storyJSON   `json:"stories"`
}

// storyJSON is a story of batchJSON.
type storyJSON struct {
	ID         string           `json:"id"`
	Link       string           `json:"link,omitempty"`
	Title      string           `json:"title,omitempty"`
	Summary    string           `json:"summary,omitempty"`
	Content    string           `json:"content,omitempty"`
	Published  *time.Time       `json:"published,omitempty"`
	Updated    *time.Time       `json:"updated,omitempty"`
	Authors    []news.Person    `json:"authors,omitempty"`
	Categories []string         `json:"categories,omitempty"`
	Enclosures []news.Enclosure `json:"enclosures,omitempty"`
	Source     *news.Origin     `json:"source,omitempty"`
	Image      string           `json:"image,omitempty"`
	Language   string           `json:"language,omitempty"`
	Rights     string           `json:"rights,omitempty"`
	Comments   string           `json:"comments,omitempty"`
}

func batchAsJSON(b *news.Batch) batchJSON {
	out := batchJSON{
		Format: b.Format, Title: b.Title, Link: b.Link, Self: b.Self, ID: b.ID, Description: b.Description,
		Language: b.Language, Rights: b.Rights, Generator: b.Generator, Updated: known(b.Updated),
		Authors: b.Authors, Categories: b.Categories, Image: b.Image, Warnings: b.Warnings,
		Stories: make([]storyJSON, len(b.Stories)),
	}
	for i := range b.Stories {
		s := &b.Stories[i]
		out.Stories[i] = storyJSON{
			ID: s.ID, Link: s.Link, Title: s.Title, Summary: s.Summary, Content: s.Content,
			Published: known(s.Published), Updated: known(s.Updated), Authors: s.Authors,
			Categories: s.Categories, Enclosures: s.Enclosures, Source: s.Origin, Image: s.Image,
			Language: s.Language, Rights: s.Rights, Comments: s.Comments,
		}
	}
	return out
}
