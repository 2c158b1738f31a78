package timeline

import (
	"context"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"parley/shared/domain/chat"
	"parley/shared/fault"
	"parley/shared/unitofwork"
)

// Limits of message extensions (docs/spec/tencent §6.11, §6.12).
const (
	MaxExtensions       = 300  // of a message
	MaxExtensionWrites  = 20   // in a call
	MaxExtensionReads   = 200  // in an answer
	maxExtensionKey     = 100  // bytes
	maxExtensionValue   = 1000 // bytes
	maxExtensionChanges = 200  // of a message in a minute
)

// An Extension is a key and a value that users attach to a message. Seq is its
// version: the number of the change that wrote it; 0 if it does not exist.
type Extension struct {
	Key, Value string
	Seq        int64
}

// An ExtensionVerb is what a call does with extensions.
type ExtensionVerb int

// The verbs (docs/spec/tencent §6.12).
const (
	SetExtensions ExtensionVerb = iota + 1
	DeleteExtensions
	ClearExtensions
)

// ExtensionCounters count the extensions of a message and their changes. Example:
// after three writes Latest is 3; a clear sets Cleared to 3, so the extensions 1 to 3
// no longer exist; the next write has number 4.
type ExtensionCounters struct {
	Latest  int64 // the number of the last change
	Cleared int64 // extensions up to this number no longer exist
	Count   int
	Minute  int64 // the last minute that had a change, in minutes since 1970
	Changes int   // the number of changes in that minute
	Expires int64 // Unix seconds; the same as of the message
	Version int64 // how often the counters were written
}

// An ExtensionPage holds extensions of a message in the order in which they were
// written.
type ExtensionPage struct {
	List            []Extension
	Latest, Cleared int64
	Complete        bool
}

// An ExtensionResult is the result for one extension of a call. If the caller named
// another version than the stored one, Extension is the stored one.
type ExtensionResult struct {
	Extension Extension
	Err       error
}

// ExtensionsChanged is the event that extensions of a message changed. From is the sender
// of the message.
type ExtensionsChanged struct {
	Chat            chat.ID
	From            string
	Key             Key
	Latest, Cleared int64
	Set             []Extension
	Deleted         []string
}

// extensible reads a message to which extensions may be attached. In a group a user must be a member
// and see the message, and the application reads that of every group that exists.
func (s Service) extensible(ctx context.Context, by Actor, user, from string, id chat.ID, key Key) (*Message, error) {
	if !s.settings.Extensible {
		return nil, fault.New(fault.AppLimit, "the application's edition has no message extensions")
	}
	var m *Message
	var err error
	switch {
	case id.Kind() != chat.Group:
		var born int64
		if born, err = s.bornForActor(ctx, by, user, id); err == nil {
			m, err = s.find(ctx, from, id, born, key, fault.TargetUnknown)
		}
	case by.Trusted:
		if _, _, err = s.check.Admit(ctx, by, "", id); err == nil {
			m, err = s.find(ctx, "", id, 0, key, fault.TargetUnknown)
		}
	default:
		m, err = s.findForMember(ctx, user, id, key, fault.TargetUnknown)
	}
	switch {
	case err != nil:
		return nil, err
	case m.Recalled:
		return nil, fault.New(fault.TargetUnknown, "the message is recalled")
	case !m.Extensible:
		return nil, fault.New(fault.NotExtensible, "the message was sent without %s", fault.Extensible)
	}
	return m, nil
}

// ExtensionsOf returns the extensions of a message from a version on, at most 200.
func (s Service) ExtensionsOf(ctx context.Context, from string, id chat.ID, key Key, start int64) (ExtensionPage, error) {
	return s.ExtensionsFor(ctx, Actor{Trusted: true}, "", from, id, key, start)
}

// ExtensionsFor is ExtensionsOf for a user or, if by is Trusted, the application. In a group from is
// empty.
func (s Service) ExtensionsFor(ctx context.Context, by Actor, user, from string, id chat.ID, key Key, start int64) (ExtensionPage, error) {
	if _, err := s.extensible(ctx, by, user, from, id, key); err != nil {
		return ExtensionPage{}, err
	}
	counters, list, err := s.extensionStore.AllExtensions(ctx, s.app, id, key)
	if err != nil {
		return ExtensionPage{}, err
	}
	list = slices.DeleteFunc(list, func(ext Extension) bool { return ext.Seq <= counters.Cleared || ext.Seq < start })
	slices.SortFunc(list, func(a, b Extension) int { return int(a.Seq - b.Seq) })
	out := ExtensionPage{List: list, Latest: counters.Latest, Cleared: counters.Cleared, Complete: len(list) <= MaxExtensionReads}
	out.List = list[:min(len(list), MaxExtensionReads)]
	return out, nil
}

// ChangeExtensions sets, deletes or clears extensions of a message. If a user calls,
// the version that the caller knows must be the stored one; the application's
// versions are not compared. It returns one result for each extension, with the new
// version if it was set. The event is delivered to the devices of both users, or of the members.
//
// Example: Alice and Bob both know version 4 of the key "vote". Alice sets it, which
// makes it version 5. Bob's call with version 4 gets ExtensionConflict and Alice's
// extension. Alice's repeat of her call finds her value and succeeds. In a group from is empty.
func (s Service) ChangeExtensions(ctx context.Context, by Actor, user, from string, id chat.ID, key Key, verb ExtensionVerb, list []Extension) ([]ExtensionResult, error) {
	if err := checkExtensions(verb, list); err != nil {
		return nil, err
	}
	m, err := s.extensible(ctx, by, user, from, id, key)
	if err != nil {
		return nil, err
	}
	keys := make([]string, len(list))
	for i, ext := range list {
		keys[i] = ext.Key
	}
	p, err := unitofwork.New(
		func(ctx context.Context, _ bool) (storedExtensions, error) {
			counters, current, err := s.extensionStore.ExtensionCounters(ctx, s.app, id, key, keys)
			counters.Expires = m.Expires
			return storedExtensions{counters, current}, err
		},
		func(stored storedExtensions) (*extensionPlan, error) {
			return planExtensions(stored, verb, list, by.Trusted, s.clock.Now().Unix()/60)
		},
		func(ctx context.Context, p *extensionPlan) (bool, error) {
			return s.extensionStore.WriteExtensions(ctx, s.app, id, key, p.counters, p.put, p.remove)
		},
	).Run(ctx, s.clock, fault.New(fault.EditConflict, "too many changes of the message at once, try again"))
	if err != nil {
		return nil, err
	}
	if !p.Empty() {
		s.deliver(ctx, *m, by.Origin, ExtensionsChanged{
			Chat: id, From: m.From, Key: m.Key, Latest: p.counters.Latest, Cleared: p.counters.Cleared, Set: p.put, Deleted: p.remove,
		})
	}
	return p.results, nil
}

func checkExtensions(verb ExtensionVerb, list []Extension) error {
	switch {
	case verb != SetExtensions && verb != DeleteExtensions && verb != ClearExtensions:
		return fault.New(fault.Invalid, "%s is none of set, delete and clear", fault.ExtensionVerb)
	case verb == ClearExtensions:
		return nil
	case len(list) == 0 || len(list) > MaxExtensionWrites:
		return fault.New(fault.Invalid, "%s has 1 to %d pairs", fault.Extensions, MaxExtensionWrites)
	}
	for i, ext := range list {
		switch {
		case ext.Key == "" || len(ext.Key) > maxExtensionKey || !utf8.ValidString(ext.Key) || strings.ContainsFunc(ext.Key, unicode.IsControl):
			return fault.AtItem(fault.Invalid, fault.Extensions, i, "a %s has 1 to %d bytes of text", fault.ExtensionKey, maxExtensionKey)
		case len(ext.Value) > maxExtensionValue:
			return fault.AtItem(fault.Invalid, fault.Extensions, i, "a %s has at most %d bytes", fault.ExtensionValue, maxExtensionValue)
		case slices.ContainsFunc(list[:i], func(o Extension) bool { return o.Key == ext.Key }):
			return fault.New(fault.Invalid, "%s has %.100q twice", fault.Extensions, ext.Key)
		}
	}
	return nil
}

// storedExtensions are the counters of a message's extensions, and those that a call names.
type storedExtensions struct {
	counters ExtensionCounters
	current  map[string]Extension
}

// An extensionPlan is what a call writes, and its results.
type extensionPlan struct {
	storedExtensions
	trusted bool
	minute  int64
	put     []Extension
	remove  []string
	cleared bool
	results []ExtensionResult
}

// Empty implements unitofwork.Plan.
func (p *extensionPlan) Empty() bool { return len(p.put) == 0 && len(p.remove) == 0 && !p.cleared }

// planExtensions plans the changes of a call in a minute, from what is stored.
func planExtensions(stored storedExtensions, verb ExtensionVerb, list []Extension, trusted bool, minute int64) (*extensionPlan, error) {
	p := &extensionPlan{storedExtensions: stored, trusted: trusted, minute: minute}
	var err error
	p.results, err = p.apply(verb, list)
	return p, err
}

// apply adds the changes of a call to the plan and returns its results.
func (p *extensionPlan) apply(verb ExtensionVerb, list []Extension) ([]ExtensionResult, error) {
	if p.counters.Minute != p.minute {
		p.counters.Minute, p.counters.Changes = p.minute, 0
	}
	if verb == ClearExtensions && p.counters.Cleared == p.counters.Latest {
		return nil, nil // a repeat of a clear, or the message has no extensions
	}
	if verb == ClearExtensions {
		p.counters.Cleared, p.counters.Count, p.cleared = p.counters.Latest, 0, true
		return nil, p.countChange()
	}
	results := make([]ExtensionResult, len(list))
	for i, ext := range list {
		existing, exists := p.current[ext.Key]
		if existing.Seq <= p.counters.Cleared {
			existing, exists = Extension{Key: ext.Key}, false
		}
		if !p.trusted && ext.Seq < existing.Seq && verb == SetExtensions && ext.Value == existing.Value || !p.trusted && verb == DeleteExtensions && !exists {
			results[i].Extension = existing // a repeat: the extension is as the caller wants it
			continue
		}
		if !p.trusted && ext.Seq != existing.Seq {
			results[i] = ExtensionResult{existing, fault.New(fault.ExtensionConflict, "the pair has version %d", existing.Seq)}
			continue
		}
		if verb == DeleteExtensions {
			results[i].Extension = existing
			if !exists {
				continue
			}
			p.remove = append(p.remove, ext.Key)
			p.counters.Count--
		} else {
			if !exists {
				p.counters.Count++
			}
			ext.Seq = p.counters.Latest + 1
			results[i].Extension = ext
			p.put = append(p.put, ext)
		}
		p.counters.Latest++
		if err := p.countChange(); err != nil {
			return nil, err
		}
	}
	if p.counters.Count > MaxExtensions {
		return nil, fault.New(fault.ExtensionLimit, "a message has at most %d pairs", MaxExtensions)
	}
	return results, nil
}

// countChange counts one change in this minute and fails if there are too many.
func (p *extensionPlan) countChange() error {
	if p.counters.Changes++; p.counters.Changes > maxExtensionChanges {
		return fault.New(fault.ExtensionLimit, "a message takes %d changes a minute", maxExtensionChanges)
	}
	return nil
}
