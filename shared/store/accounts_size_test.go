package store_test

import (
	"cmp"
	"context"
	"fmt"
	"reflect"
	"strings"
	"testing"

	"parley/infra/testkit"
	"parley/shared/domain/accounts"
	"parley/shared/domain/apps"
	"parley/shared/domain/delivery"
	"parley/shared/domain/profiles"
	"parley/shared/domain/sessions"
	"parley/shared/dynamo"
	"parley/shared/fault"
	"parley/shared/store/schema"
	"parley/shared/telemetry"
)

// An account has at most 1.1 KB, with a nick and a face URL of 500 bytes each. An account
// with texts of the usual length costs 1 W.
func TestAccountSize(t *testing.T) {
	s := newSized(t)
	svc := s.Tenant(t).Accounts
	key := schema.AccountKey(s.ID, longA)
	s.costs("importing an account", 2, func(ctx context.Context) error { // the account and its entry in the list of accounts
		return svc.Import(ctx, accounts.Import{ID: longA, Nick: strings.Repeat("n", 120), Face: strings.Repeat("f", 240)})
	})
	s.within("an account", schema.Core, key, 512)
	s.within("the entry of an account in the list of accounts", schema.Core, schema.AccountListKey(s.ID, longA), 128)
	s.costs("renaming to the longest texts", 2, func(ctx context.Context) error {
		_, err := s.Store.Accounts.RenameAccount(ctx, s.ID, accounts.Import{
			ID: longA, Nick: strings.Repeat("n", 500), Face: strings.Repeat("f", 500),
		})
		return err
	})
	now := s.Clock.Now().Unix()
	s.set(schema.Core, key, dynamo.Item{
		"se": testkit.Number(now), "mc": testkit.Number(now), "mg": testkit.Number(now), "bn": testkit.Number(now),
		"lv": testkit.Number(largeOffset),
	})
	s.within("an account with the longest texts", schema.Core, key, 1126)
	s.costs("both settings of friend requests", 2, func(ctx context.Context) error {
		return s.Store.Profiles.SetProfile(ctx, s.ID, longA, profiles.Mutation{Fields: map[profiles.Name]any{
			profiles.Allow: string(accounts.NeedConfirm), profiles.Forbid: profiles.Yes,
		}})
	})
	for _, name := range []string{"n", "fa", "ct", "al", "nr"} {
		if _, there := s.item(schema.Core, key)[name]; !there {
			t.Errorf("the largest account lacks %s", name)
		}
	}
	s.within("an account with every attribute", schema.Core, key, 1126)
}

// allCustomFields returns as many custom fields, with names as long, as an application
// can declare.
func allCustomFields() []apps.Field {
	list := make([]apps.Field, 20)
	for i := range list {
		list[i] = apps.Field{Name: "wwwwwww" + string(rune('a'+i)), UserReads: true, UserWrites: true}
	}
	return list
}

// A profile has at most 16 KB, with every field as long as the domain accepts. Writing a
// short field costs 4 W: a transaction of two items.
func TestProfileSize(t *testing.T) {
	s := newSized(t)
	if _, err := s.App.Apps.Update(t.Context(), s.ID, apps.Settings{
		Edition: apps.Premium, LoginPolicy: sessions.Dual, ProfileFields: allCustomFields(),
	}); err != nil {
		t.Fatal(err)
	}
	tenant := s.Tenant(t)
	if err := tenant.Accounts.Import(t.Context(), accounts.Import{ID: longA}); err != nil {
		t.Fatal(err)
	}
	key := schema.ProfileKey(s.ID, longA)
	s.costs("one short field", 4, func(ctx context.Context) error {
		return s.Store.Profiles.SetProfile(ctx, s.ID, longA, profiles.Mutation{Fields: map[profiles.Name]any{profiles.Level: int64(1)}})
	})
	s.within("a profile with one field", schema.Core, key, 64)

	longest := map[profiles.Name]int{
		profiles.Nick: 500, profiles.Face: 500, profiles.Signature: 500, profiles.Location: 16, profiles.Email: 64,
		profiles.Birth: 16, profiles.Mobile: 32, profiles.Phone: 32, profiles.Extra: 1024, profiles.Metadata: 2048,
	}
	words := map[profiles.Name]string{
		profiles.Gender: profiles.Female, profiles.Allow: string(accounts.NeedConfirm), profiles.Forbid: profiles.Yes,
	}
	all := profiles.Mutation{Fields: make(map[profiles.Name]any), Custom: make(map[string]string)}
	for _, name := range profiles.Names() {
		switch most, isText := longest[name]; {
		case name.Number():
			all.Fields[name] = int64(1<<32 - 1)
		case isText:
			all.Fields[name] = strings.Repeat("x", most)
			tooLong := profiles.Mutation{Fields: map[profiles.Name]any{name: strings.Repeat("x", most+1)}}
			if err := tenant.Profiles.Set(t.Context(), longA, tooLong, true, delivery.Origin{}); !fault.Is(err, fault.TextTooLong) {
				t.Errorf("%d bytes of %s: %v, want %s", most+1, name, err, fault.TextTooLong)
			}
		default:
			all.Fields[name] = words[name]
		}
	}
	for _, f := range allCustomFields() {
		all.Custom[f.Name] = strings.Repeat("c", 500)
		tooLong := profiles.Mutation{Custom: map[string]string{f.Name: strings.Repeat("c", 501)}}
		if err := tenant.Profiles.Set(t.Context(), longA, tooLong, true, delivery.Origin{}); !fault.Is(err, fault.TextTooLong) {
			t.Errorf("501 bytes of %s: %v, want %s", f.Name, err, fault.TextTooLong)
		}
	}
	if err := tenant.Profiles.Set(t.Context(), longA, all, true, delivery.Origin{}); err != nil {
		t.Fatal(err)
	}
	p, err := tenant.Profiles.Get(t.Context(), []string{longA}, profiles.Names(), true)
	if err != nil {
		t.Fatal(err)
	}
	if got, want := len(p[0].Fields)+len(p[0].Custom), len(profiles.Names())+20; got != want {
		t.Errorf("the largest profile has %d fields, want %d", got, want)
	}
	s.within("a profile with every field", schema.Core, key, 16*1024)
	s.within("its account", schema.Core, schema.AccountKey(s.ID, longA), 1126)
	if more, err := tenant.Profiles.RemoveData(t.Context(), longA); more || err != nil {
		t.Errorf("Forget = %t, %v, want false", more, err)
	}
	if p, err = tenant.Profiles.Get(t.Context(), []string{longA}, profiles.Names(), true); err != nil || len(p[0].Custom) != 0 {
		t.Errorf("after Forget: %d custom fields, %v", len(p[0].Custom), err)
	}
}

// An application with all settings, a signing key and ten admins is read in one page of
// 1 R.
func TestSettingsSize(t *testing.T) {
	s := newSized(t)
	set := apps.Settings{ProfileFields: allCustomFields(), FriendFields: allCustomFields()}
	for _, r := range apps.Table() {
		switch r.Value(set).(type) {
		case string:
			r.Set(&set, cmp.Or(r.Word, strings.Repeat("n", r.Bytes)))
		case bool:
			r.Set(&set, true)
		case int:
			r.Set(&set, r.Max)
		}
	}
	if _, err := s.App.Apps.Update(t.Context(), s.ID, set); err != nil {
		t.Fatal(err)
	}
	a, err := s.App.Apps.Get(t.Context(), s.ID)
	if err != nil {
		t.Fatal(err)
	}
	if !reflect.DeepEqual(a.Settings, set) {
		t.Errorf("settings are read as\n%+v, want\n%+v", a.Settings, set)
	}
	s.within("settings", schema.Core, schema.SettingsKey(s.ID), 2048)
	for i := range 9 {
		if _, err := s.App.Apps.AddAdmin(t.Context(), s.ID, fmt.Sprintf("%s%d", strings.Repeat("a", 31), i)); err != nil {
			t.Fatal(err)
		}
	}
	m := &telemetry.Meter{}
	if _, err := s.App.Apps.Get(telemetry.WithMeter(t.Context(), m), s.ID); err != nil || m.Units().R > 1 {
		t.Errorf("reading it: %g R, %v, want at most 1", m.Units().R, err)
	}
}
