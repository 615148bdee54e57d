package publisher

import (
	"bytes"
	"net/http"
	"slices"
	"strconv"
)

// assemble makes the variants with all of their header fields, so that a
// response has nothing left to compute. gzip and brotli may be nil.
func (r *Rendition) assemble(tag string, gzip, brotli []byte) {
	if !r.LastModified.IsZero() {
		r.Modified = r.LastModified.Format(http.TimeFormat)
	}
	common := r.commonFields()
	r.Plain = r.variant(common, "", tag, r.Body)
	if gzip != nil {
		r.Gzip = r.variant(common, "gzip", suffixed(tag, "-gz"), gzip)
	}
	if brotli != nil {
		r.Brotli = r.variant(common, "br", suffixed(tag, "-br"), brotli)
	}
}

// commonFields are those that a 200 and a 304 of any variant have.
func (r *Rendition) commonFields() []Field {
	kind := headersOf(r.Kind)
	fields := []Field{
		one("Access-Control-Allow-Origin", "*"),
		one("Access-Control-Expose-Headers", "ETag, Last-Modified, Link"),
		one("Cache-Control", kind.cacheControl),
		one("Vary", "Accept-Encoding"),
	}
	if r.Modified != "" {
		fields = append(fields, one("Last-Modified", r.Modified))
	}
	if len(r.Links) > 0 {
		fields = append(fields, Field{"Link", r.Links})
	}
	return fields
}

func (r *Rendition) variant(common []Field, coding, tag string, body []byte) *Variant {
	v := &Variant{Body: body, ETag: tag}
	v.Revalidated = append(v.Revalidated, common...)
	v.Revalidated = append(v.Revalidated, one("Etag", tag))
	v.Header = append(v.Header, v.Revalidated...)
	v.Header = append(v.Header,
		one("Accept-Ranges", r.ranges(coding)),
		one("Content-Length", strconv.Itoa(len(body))),
		one("Content-Security-Policy", headersOf(r.Kind).policy),
		one("Content-Type", r.ContentType),
		one("X-Content-Type-Options", "nosniff"),
	)
	if coding != "" {
		v.Header = append(v.Header, one("Content-Encoding", coding))
	}
	v.lines = appendLines(nil, v.Revalidated)
	v.revalidated = len(v.lines)
	v.lines = slices.Clip(appendLines(v.lines, v.Header[len(v.Revalidated):]))
	return v
}

// appendLines adds fields as net/http writes them, which also makes sure that
// no value can be more than a line.
func appendLines(b []byte, fields []Field) []byte {
	header := make(http.Header, len(fields))
	for i := range fields {
		header[fields[i].Name] = fields[i].Values
	}
	buffer := bytes.NewBuffer(b)
	_ = header.Write(buffer) // a buffer takes everything
	return buffer.Bytes()
}

// ranges says whether parts can be had: of files that are sent as they are,
// since players seek in sound and video.
func (r *Rendition) ranges(coding string) string {
	if r.Kind == KindFile && coding == "" {
		return "bytes"
	}
	return "none"
}

func one(name, value string) Field { return Field{name, []string{value}} }

// suffixed puts a suffix inside the quotes of an entity tag.
func suffixed(tag, suffix string) string { return tag[:len(tag)-1] + suffix + `"` }
