// Package nearest finds the word that somebody probably meant.
package nearest

import "strings"

// maxWord bounds the length of words that are compared, in bytes: a longer one
// is no slip of the finger, and the comparison costs length times length.
const maxWord = 64

// Word gives the known word that is nearest to a misspelt one, or "" when none
// is near: at most a third of the letters, and never more than three, may be
// wrong, missing, too many or swapped with their neighbor. Case does not
// count. Of equally near words the first wins.
func Word(misspelt string, known []string) string {
	word := strings.ToLower(misspelt)
	if len(word) > maxWord {
		return ""
	}
	best, least := "", min(max(len(word)/3, 1), 3)+1
	for _, candidate := range known {
		if d := distance(word, strings.ToLower(candidate)); d < least {
			best, least = candidate, d
		}
	}
	return best
}

// distance is the optimal string alignment distance in bytes.
func distance(a, b string) int {
	before, last, row := make([]int, len(b)+1), make([]int, len(b)+1), make([]int, len(b)+1)
	for j := range last {
		last[j] = j
	}
	for i := 1; i <= len(a); i++ {
		row[0] = i
		for j := 1; j <= len(b); j++ {
			change := 1
			if a[i-1] == b[j-1] {
				change = 0
			}
			row[j] = min(last[j]+1, row[j-1]+1, last[j-1]+change)
			if i > 1 && j > 1 && a[i-1] == b[j-2] && a[i-2] == b[j-1] {
				row[j] = min(row[j], before[j-2]+1)
			}
		}
		before, last, row = last, row, before
	}
	return last[len(b)]
}
