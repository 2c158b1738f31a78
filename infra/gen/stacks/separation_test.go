package stacks

import (
	"slices"
	"strings"
	"testing"

	"parley/functions/catalog"
	"parley/infra/iam"
	"parley/shared/op"
	"parley/shared/store/schema"
)

// policiesOfOperations returns what the role of each operation allows.
func policiesOfOperations(t *testing.T) map[string]iam.Policy {
	t.Helper()
	all := catalog.All()
	files := generate(t, all, Placement{})
	out := make(map[string]iam.Policy)
	for _, s := range surfaces(all) {
		policies, err := iam.Read(files[Dir+"/"+s.name+".yaml"])
		if err != nil {
			t.Fatal(err)
		}
		_, of, err := roles(s.operations, exercised(t))
		if err != nil {
			t.Fatal(err)
		}
		for _, o := range s.operations {
			out[o.Name] = policies[of[o.Name]]
		}
	}
	return out
}

// may reports whether a policy allows any of these actions on a partition of the table core.
func may(p iam.Policy, key string, actions ...string) bool {
	return slices.ContainsFunc(actions, func(action string) bool {
		return p.Allows(iam.Request{Action: "dynamodb:" + action, Resource: iam.Table("TableCore", ""), Keys: []string{key}})
	})
}

func reading() []string { return []string{"GetItem", "BatchGetItem", "Query", "ConditionCheckItem"} }
func writing() []string { return []string{"PutItem", "UpdateItem", "DeleteItem", "BatchWriteItem"} }

// TestWhoMayReadSecrets checks that the roles of exactly those operations allow to read and
// to decrypt the secrets of an application that check a signature: those that a user calls
// over HTTP, and the authorizer. So neither $connect and $disconnect, nor a worker, nor the
// operator's API can.
func TestWhoMayReadSecrets(t *testing.T) {
	policies := policiesOfOperations(t)
	for _, o := range catalog.All() {
		checks := slices.ContainsFunc(o.Triggers, func(trigger op.Trigger) bool { return trigger.Authorizer || trigger.HTTP != "" && !trigger.IAM })
		if o.Name == "client.session.default" || o.Name == "tencent.gateway.unknown" {
			checks = false // they refuse every call
		}
		p := policies[o.Name]
		if got := may(p, "5#AK#", reading()...); got != checks {
			t.Errorf("%s: the role allows to read secrets: %t, want %t", o.Name, got, checks)
		}
		decrypt := p.Allows(iam.Request{Action: "kms:Decrypt", Resource: "SealKey", Sealed: true})
		if decrypt != checks {
			t.Errorf("%s: the role allows to decrypt secrets: %t, want %t", o.Name, decrypt, checks)
		}
	}
	for _, name := range []string{"client.session.connect", "client.session.disconnect"} {
		if p := policies[name]; !may(p, "5#A#", "Query") || may(p, "5#AK#", reading()...) {
			t.Errorf("%s must read settings and no secrets", name)
		}
	}
}

// TestWhoMayWriteApplications checks that the roles of the operator's app operations, and no
// others, allow to write the settings, the admins and the secrets of an application. Example:
// account_import counts the new account, and cannot make it an admin.
func TestWhoMayWriteApplications(t *testing.T) {
	policies := policiesOfOperations(t)
	for name, p := range policies {
		operator := strings.HasPrefix(name, "operator.app.")
		for _, key := range []string{"5#A#", "APPS", "5#AK#"} {
			if !operator && may(p, key, writing()...) {
				t.Errorf("the role of %s allows to write %s", name, key)
			}
		}
	}
	if p := policies["tencent.account.account_import"]; !may(p, "5#AN#", "UpdateItem") || !may(p, "5#C#alice", "PutItem") {
		t.Error("the role of account_import does not allow to count and to write an account")
	}
}

// TestWhoMayWriteAccounts checks that an operation which writes conversations and does not
// declare accounts cannot write bans, mutes and void signatures. An id that looks like a key
// opens nothing: the account of the user "a#U#b" is in the partition "5#C#a~U~b", with the
// byte 0x1E for "~".
func TestWhoMayWriteAccounts(t *testing.T) {
	policies := policiesOfOperations(t)
	senders := 0
	for _, o := range catalog.All() {
		p := policies[o.Name]
		if !slices.Contains(o.Declared().Access, "write conversations") || slices.Contains(o.Declared().Access, "write accounts") {
			continue
		}
		senders++
		for _, key := range []string{"5#C#alice", "5#C#a\x1eU\x1eb", "5#PR#alice", "5#RL#alice"} {
			declared := strings.HasPrefix(key, "5#RL#") && slices.Contains(o.Declared().Access, "write relations")
			if may(p, key, writing()...) && !declared {
				t.Errorf("the role of %s allows to write %q", o.Name, key)
			}
		}
	}
	if senders < 20 {
		t.Errorf("%d operations write conversations and no accounts, want at least 20", senders)
	}
}

// TestUnusedRights checks that at most a tenth of what the roles allow in tables is never
// exercised by a case of an operation with the role. A pair is an action on an aggregate. It
// also checks that no aggregate that operations use knows an action that nobody uses. An
// aggregate that no operation declares yet gives no right.
func TestUnusedRights(t *testing.T) {
	used, all := exercised(t), catalog.All()
	type pair struct{ role, aggregate, action string }
	allowed, exercisedPairs, known := make(map[pair]bool), make(map[pair]bool), make(map[string][]string)
	for _, s := range surfaces(all) {
		_, of, err := roles(s.operations, used)
		if err != nil {
			t.Fatal(err)
		}
		for _, o := range s.operations {
			role := s.name + of[o.Name]
			for _, d := range schema.Descriptors() {
				a := d.Aggregate
				for verb, actions := range map[string][]string{"read ": d.Reads, "write ": d.Writes} {
					if !slices.Contains(o.Declared().Access, verb+string(a)) {
						continue
					}
					for _, action := range used.Rights(o.Name, string(a), actions, d.Twins) {
						allowed[pair{role, string(a), action}] = true
					}
				}
				for _, action := range used[o.Name][string(a)] {
					exercisedPairs[pair{role, string(a), action}] = true
					known[string(a)] = append(known[string(a)], action)
					if !slices.Contains(d.Reads, action) && !slices.Contains(d.Writes, action) {
						t.Errorf("%s exercises %s on %s, which the aggregate does not know", o.Name, action, a)
					}
				}
			}
		}
	}
	for p := range exercisedPairs {
		if !allowed[p] {
			t.Errorf("%v is exercised and not allowed", p)
		}
	}
	for _, d := range schema.Descriptors() {
		declares := func(o op.Operation) bool {
			return slices.Contains(o.Declared().Access, "read "+string(d.Aggregate)) || slices.Contains(o.Declared().Access, "write "+string(d.Aggregate))
		}
		if !slices.ContainsFunc(all, declares) {
			continue
		}
		for _, action := range slices.Concat(d.Reads, d.Writes) {
			if !slices.Contains(known[string(d.Aggregate)], action) {
				t.Errorf("no case exercises %s on %s", action, d.Aggregate)
			}
		}
	}
	unused := len(allowed) - len(exercisedPairs)
	t.Logf("%d pairs of a role, an action and an aggregate, %d never exercised (%.1f%%)", len(allowed), unused, 100*float64(unused)/float64(len(allowed)))
	if 10*unused > len(allowed) {
		t.Errorf("%d of %d pairs are never exercised, want at most a tenth", unused, len(allowed))
	}
}
