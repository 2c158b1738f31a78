package testkit

import (
	"cmp"
	"context"
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"
	"time"

	"parley/shared/app"
	"parley/shared/domain/apps"
	"parley/shared/dynamo"
	"parley/shared/store/schema"
)

// A verb is one kind of line of a seed. SEEDS.md lists all verbs; a test writes it
// from these tables.
type verb struct {
	name string
	// usage begins with the name. Words in upper case stand for values, "[X]" may be
	// left out, "X..." is one value or more, "[X...]" is any number of values.
	usage string
	doc   string
	run   func(ctx context.Context, l seedLine) error
}

// A verbGroup is the verbs of one file, under the title that SEEDS.md gives them.
type verbGroup struct {
	title string
	verbs []verb
}

func verbGroups() []verbGroup {
	return []verbGroup{
		{"Accounts", accountVerbs()},
		{"Profiles", profileVerbs()},
		{"Friends, blocks, and follows", relationVerbs()},
		{"Sessions and presence", sessionVerbs()},
		{"Messages", messageVerbs()},
		{"Conversations", conversationVerbs()},
		{"Groups", groupVerbs()},
		{"Messages of groups", groupMessageVerbs()},
		{"The application", appVerbs()},
		{"Workers", workerVerbs()},
		{"The clock and faults", environmentVerbs()},
	}
}

func verbs() []verb {
	var list []verb
	for _, g := range verbGroups() {
		list = append(list, g.verbs...)
	}
	return list
}

// Seed puts the world into the state that a case begins with. Each line of the text
// is a verb and its arguments, separated by spaces: "account alice". SEEDS.md lists
// the verbs. Seed stops at the first line that fails.
func (w *World) Seed(ctx context.Context, text string) error {
	all := verbs()
	for line := range strings.Lines(text) {
		words := expandUsers(strings.Fields(line))
		if len(words) == 0 {
			continue
		}
		if err := w.seedLine(ctx, all, words[0], words[1:]); err != nil {
			return fmt.Errorf("%q: %w", strings.TrimSpace(line), err)
		}
	}
	return nil
}

// expandUsers replaces each word "u1..u3" by the words u1, u2 and u3.
func expandUsers(words []string) []string {
	var out []string
	for _, word := range words {
		first, last := 0, 0
		if n, err := fmt.Sscanf(word, "u%d..u%d", &first, &last); n != 2 || err != nil || word != fmt.Sprintf("u%d..u%d", first, last) {
			out = append(out, word)
			continue
		}
		for i := first; i <= last; i++ {
			out = append(out, fmt.Sprint("u", i))
		}
	}
	return out
}

func (w *World) seedLine(ctx context.Context, all []verb, name string, args []string) error {
	i := slices.IndexFunc(all, func(v verb) bool { return v.name == name })
	if i < 0 {
		return fmt.Errorf("no verb %q, the nearest are %s", name, strings.Join(nearest(all, name), ", "))
	}
	v := all[i]
	if least, most := arity(v.usage); len(args) < least || len(args) > most {
		return fmt.Errorf("%d arguments, want %s", len(args), v.usage)
	}
	a, err := w.App.Apps.Get(ctx, w.ID) // a line before may have changed the settings
	if err != nil {
		return err
	}
	return v.run(ctx, seedLine{w: w, app: a, tenant: w.App.For(&a), args: args})
}

// arity returns how many arguments a usage allows.
func arity(usage string) (least, most int) {
	optional := false
	for _, word := range strings.Fields(usage)[1:] {
		optional = optional || strings.HasPrefix(word, "[")
		if !optional {
			least++
		}
		if most < math.MaxInt {
			most++
		}
		if strings.HasSuffix(strings.TrimSuffix(word, "]"), "...") {
			most = math.MaxInt
		}
		if strings.HasSuffix(word, "]") {
			optional = false
		}
	}
	return least, most
}

// nearest returns the names of the three verbs that take the fewest edits from name.
func nearest(all []verb, name string) []string {
	list := make([]string, len(all))
	for i, v := range all {
		list[i] = v.name
	}
	slices.SortStableFunc(list, func(a, b string) int { return cmp.Compare(editDistance(name, a), editDistance(name, b)) })
	return list[:3]
}

// editDistance counts the bytes that must be inserted, deleted or replaced to make
// b of a.
func editDistance(a, b string) int {
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := range len(a) {
		diagonal := row[0]
		row[0] = i + 1
		for j := range len(b) {
			edits := diagonal
			if a[i] != b[j] {
				edits = 1 + min(diagonal, row[j], row[j+1])
			}
			diagonal, row[j+1] = row[j+1], edits
		}
	}
	return row[len(b)]
}

// A seedLine is one line of a seed while it runs.
type seedLine struct {
	w      *World
	app    apps.App
	tenant app.Tenant
	args   []string
}

// arg returns an argument, "" if the line does not have it.
func (l seedLine) arg(i int) string {
	if i < len(l.args) {
		return l.args[i]
	}
	return ""
}

// text returns an argument and all that follow it as one text.
func (l seedLine) text(i int) string {
	if i > len(l.args) {
		return ""
	}
	return strings.Join(l.args[i:], " ")
}

func (l seedLine) number(i int) (int, error) { return strconv.Atoi(l.arg(i)) }

func (l seedLine) number32(i int) (uint32, error) {
	n, err := strconv.ParseUint(l.arg(i), 10, 32)
	return uint32(n), err
}

func (l seedLine) duration(i int) (time.Duration, error) { return time.ParseDuration(l.arg(i)) }

// now returns the time of the world's clock in Unix seconds.
func (l seedLine) now() int64 { return l.w.Clock.Now().Unix() }

// setAccount writes attributes to the item of the account that is the first argument.
func (l seedLine) setAccount(ctx context.Context, attributes dynamo.Item) error {
	return l.w.SetAttributes(ctx, schema.Core, schema.AccountKey(l.w.ID, l.arg(0)), attributes)
}

// forUsers calls f for the users u1 ... uN, where argument i is N.
func (l seedLine) forUsers(i int, f func(user string) error) error {
	n, err := l.number(i)
	if err != nil {
		return err
	}
	for i := 1; i <= n; i++ {
		if err := f(fmt.Sprint("u", i)); err != nil {
			return err
		}
	}
	return nil
}
