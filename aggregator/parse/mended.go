package parse

// mended is the set of things that the pass had to mend.
type mended uint

const (
	mendedJunk mended = 1 << iota
	mendedRoot
	mendedEnd
	mendedMarkup
	mendedAmpersand
	mendedEntity
	mendedAttribute
	mendedEntries
	mendedMany
	mendedLong
	mendedCut
	mendedTorn
	mendedPrefix
)

// mendings are the sentences for the operator, in the order of the bits.
var mendings = [...]string{
	"there is text before the feed",
	"its outermost element is missing",
	"end tags are missing or do not match",
	"a “<” in a text is not escaped",
	"a “&” in a text is not escaped",
	"it uses HTML entities that XML does not know",
	"an attribute has no quotes or no value",
	"some entries could not be read",
	"an entry has so many elements that some were left out",
	"a text is so long that its end was left out",
	"it is so large that only its first entries were read",
	"a comment, CDATA section or the feed itself ends in the wrong place",
	"a prefix is used that stands for no namespace",
}

// warnings gives a sentence for each thing that was mended.
func (w *rewritten) warnings() []string {
	var list []string
	for i, sentence := range mendings {
		if w.mended&(1<<i) != 0 {
			list = append(list, sentence)
		}
	}
	return list
}
