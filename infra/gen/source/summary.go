package source

import (
	"fmt"
	"go/ast"
	"go/token"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"
)

// Summary returns the first sentence of a comment, on one line.
func Summary(doc string) string {
	paragraph, _, _ := strings.Cut(doc, "\n\n")
	line := strings.Join(strings.Fields(paragraph), " ")
	if sentence, _, more := strings.Cut(line, ". "); more {
		return sentence + "."
	}
	return line
}

// doc returns a comment without the subject of its first sentence, as the reference shows
// it. The subject is the name of a function, or "Package name". Example: the comment
// "followAdd makes a user follow others." becomes "Makes a user follow others."
//
// An error begins with the position of the comment, or with at, the position of the
// declaration, if there is no comment.
func (s *Source) doc(comment *ast.CommentGroup, at token.Pos, subject string) (string, error) {
	text := strings.TrimSpace(comment.Text())
	if text == "" {
		return "", fmt.Errorf("%s: %s has no comment", s.fset.Position(at), subject)
	}
	if predicate, ok := strings.CutPrefix(text, subject+" "); ok {
		// The operations of a dialect are made by functions: "Unknown makes the operation
		// that answers ..." documents what the operation does.
		predicate = strings.TrimPrefix(predicate, "makes the operation that ")
		text = capital(predicate)
	}
	if err := checkSummary(text); err != nil {
		return "", fmt.Errorf("%s: the comment of %s: %w", s.fset.Position(comment.Pos()), subject, err)
	}
	return text, nil
}

// checkSummary refuses a comment whose first sentence does not say what an operation
// does. The reference shows that sentence in its tables, without the subject. Example:
// "Package follow is the service follow." would be shown as "Is the service follow."
func checkSummary(doc string) error {
	summary := Summary(doc)
	word, _, _ := strings.Cut(summary, " ")
	first, _ := utf8.DecodeRuneInString(word)
	switch {
	case slices.Contains([]string{"Is", "Are", "Has", "The"}, word):
		return fmt.Errorf("the summary begins with %q, want a verb that says what it does: %q", word, summary)
	case unicode.IsLower(first):
		return fmt.Errorf("the summary begins with a lower-case letter, want the name that the comment is about and a verb: %q", summary)
	case !strings.HasSuffix(summary, "."):
		return fmt.Errorf("the summary has no full stop: %q", summary)
	}
	return nil
}

// capital returns a text with its first letter in upper case.
func capital(text string) string {
	if text == "" {
		return ""
	}
	return strings.ToUpper(text[:1]) + text[1:]
}
