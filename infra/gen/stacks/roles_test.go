package stacks

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"

	"parley/functions/catalog"
	"parley/infra/iam"
	"parley/shared/objects"
	"parley/shared/op"
	"parley/shared/queue"
	"parley/shared/store/schema"
)

// probes returns requests to everything that a role could allow, each to one item.
func probes() []iam.Request {
	var list []iam.Request
	for _, t := range schema.Tables() {
		for _, verb := range []string{
			"GetItem", "BatchGetItem", "Query", "ConditionCheckItem", "PutItem", "UpdateItem", "DeleteItem", "BatchWriteItem", "Scan", "DeleteTable",
		} {
			for _, key := range leadingKeys() {
				key = strings.ReplaceAll(key, "*", "5")
				list = append(list, iam.Request{Action: "dynamodb:" + verb, Resource: iam.Table(tableParameter(t), ""), Keys: []string{key}})
				list = append(list, iam.Request{Action: "dynamodb:" + verb, Resource: iam.Table(tableParameter(t), "newest"), Keys: []string{key}})
			}
		}
		for _, verb := range []string{"DescribeStream", "GetRecords", "GetShardIterator", "ListStreams"} {
			list = append(list, iam.Request{Action: "dynamodb:" + verb, Resource: streamParameter(t)})
		}
	}
	for _, q := range queue.Names() {
		for _, verb := range []string{"SendMessage", "ReceiveMessage", "DeleteMessage", "PurgeQueue"} {
			list = append(list, iam.Request{Action: "sqs:" + verb, Resource: queueParameter(q) + "Arn"})
		}
	}
	list = append(list, iam.Request{Action: "sqs:SendMessage", Resource: "AsideArn"}, iam.Request{Action: "sqs:ReceiveMessage", Resource: "AsideArn"})
	for _, verb := range []string{"PutObject", "GetObject", "DeleteObject"} {
		for _, k := range append(objects.Kinds(), "other") {
			list = append(list, iam.Request{Action: "s3:" + verb, Resource: iam.Bucket(bucketParameter, string(k)+"/5/x.gz")})
		}
	}
	list = append(list, iam.Request{Action: "s3:ListBucket", Resource: iam.Bucket(bucketParameter, "")})
	for _, k := range append(objects.Kinds(), "other") {
		list = append(list, iam.Request{Action: "s3:ListBucket", Resource: iam.Bucket(bucketParameter, ""), Prefix: string(k) + "/5/", HasPrefix: true})
	}
	for _, verb := range []string{"Encrypt", "Decrypt"} {
		list = append(list, iam.Request{Action: "kms:" + verb, Resource: "SealKey", Sealed: true}, iam.Request{Action: "kms:" + verb, Resource: "SealKey"})
	}
	for _, name := range []string{"SealParameter", "/other"} {
		list = append(list, iam.Request{Action: "ssm:GetParameter", Resource: iam.Parameter(name)}, iam.Request{Action: "ssm:PutParameter", Resource: iam.Parameter(name)})
	}
	for _, method := range []string{"POST", "DELETE", "GET"} {
		list = append(list, iam.Request{Action: "execute-api:ManageConnections", Resource: iam.Connection(method)})
	}
	return list
}

// leadingKeys returns the patterns of all aggregates.
func leadingKeys() []string {
	all := map[string]bool{"5#X#5": true}
	for _, d := range schema.Descriptors() {
		for _, key := range d.LeadingKeys() {
			all[key] = true
		}
	}
	return slices.Sorted(maps.Keys(all))
}

// uses reports whether an operation that exercises these actions has the right to another one.
func uses(a schema.Aggregate, exercised []string, action string) bool {
	if slices.Contains(exercised, action) {
		return true
	}
	twin := map[string]string{"BatchGetItem": "GetItem", "GetItem": "BatchGetItem"}
	if a == schema.Conversations {
		twin["Query"], twin["QueryIndex"] = "QueryIndex", "Query"
	}
	hasTwins := a == schema.Accounts || a == schema.Conversations || a == schema.Messages
	return hasTwins && slices.Contains(exercised, twin[action])
}

// declares reports whether what an operation declares and its cases exercise, and nothing
// else, allows a request. It is written independently of the generator.
func declares(o *op.Operation, used iam.Exercised, r iam.Request) bool {
	has := func(access string) bool { return slices.Contains(o.Declared().Access, access) }
	service, verb, _ := strings.Cut(r.Action, ":")
	switch service {
	case "dynamodb":
		for _, t := range o.Triggers {
			if t.Stream != "" && r.Resource == streamParameter(t.Stream) {
				return true
			}
		}
		index := strings.Contains(r.Resource, "/index/")
		if index {
			verb += "Index"
		}
		for _, d := range schema.Descriptors() {
			a := d.Aggregate
			known := has("read "+string(a)) && slices.Contains(d.Reads, verb) || has("write "+string(a)) && slices.Contains(d.Writes, verb)
			if !known || !strings.HasPrefix(r.Resource+"/", iam.Table(tableParameter(d.Table), "")+"/") || !uses(a, used[o.Name][string(a)], verb) {
				continue
			}
			for _, key := range d.LeadingKeys() {
				if r.Keys[0] == strings.ReplaceAll(key, "*", "5") {
					return true
				}
			}
		}
	case "sqs":
		if r.Resource == "AsideArn" {
			return verb == "SendMessage" && slices.ContainsFunc(o.Triggers, func(t op.Trigger) bool { return t.Stream != "" })
		}
		for _, q := range queue.Names() {
			if r.Resource != queueParameter(q)+"Arn" {
				continue
			}
			receives := slices.ContainsFunc(o.Triggers, func(t op.Trigger) bool { return t.Queue == q })
			return verb == "SendMessage" && has("send "+string(q)) || (verb == "ReceiveMessage" || verb == "DeleteMessage") && receives
		}
	case "s3":
		word := map[string]string{"PutObject": "store ", "GetObject": "fetch ", "DeleteObject": "drop "}[verb]
		for _, k := range objects.Kinds() {
			if word != "" && strings.Contains(r.Resource, "/"+string(k)+"/") && has(word+string(k)) ||
				verb == "ListBucket" && strings.HasPrefix(r.Prefix, string(k)+"/") && (has("fetch "+string(k)) || has("drop "+string(k))) {
				return true
			}
		}
	case "kms":
		return r.Sealed && (verb == "Encrypt" && has("seal") || verb == "Decrypt" && has("open"))
	case "ssm":
		return verb == "GetParameter" && r.Resource == iam.Parameter("SealParameter") && (has("seal") || has("open"))
	case "execute-api":
		return strings.Contains(r.Resource, "/POST/") && has("post") || strings.Contains(r.Resource, "/DELETE/") && has("close")
	}
	return false
}

// TestSharedRolesGiveNoRight checks that an operation may do with its role, which others may
// share, exactly what its own declaration says.
func TestSharedRolesGiveNoRight(t *testing.T) {
	all := catalog.All()
	files := generate(t, all, Placement{})
	allowed, used := 0, exercised(t)
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
			for _, r := range probes() {
				got, want := policies[of[o.Name]].Allows(r), declares(o, used, r)
				if got != want {
					t.Errorf("%s: %+v: the role allows it: %v, the declaration: %v", o.Name, r, got, want)
				}
				if got {
					allowed++
				}
			}
		}
	}
	t.Logf("%d operations, %d probes each, %d allowed", len(all), len(probes()), allowed)
}

// TestMerge checks that a transaction over two key patterns of a table is allowed by one
// statement: accounts have two patterns, and follows another.
func TestMerge(t *testing.T) {
	o := op.New(op.Operation{Name: "client.a.b", Triggers: []op.Trigger{{Socket: "a.b"}}}, op.Writes(schema.Accounts, schema.AccountList, schema.Follows))
	files := generate(t, []op.Operation{o}, Placement{})
	policies, err := iam.Read(files[Dir+"/client.yaml"])
	if err != nil {
		t.Fatal(err)
	}
	r := iam.Request{Action: "dynamodb:PutItem", Resource: iam.Table("TableCore", ""), Keys: []string{"5#C#alice", "5#AI#3", "5#F#bob"}}
	for _, p := range policies {
		if len(p) > 1 && !p.Allows(r) {
			t.Errorf("%+v is not allowed by one statement of %+v", r, p)
		}
	}
}

// TestAccess checks which statements the options of an operation give, and that an unknown
// access is refused.
func TestAccess(t *testing.T) {
	o := op.New(op.Operation{Name: "a.b.c", Triggers: []op.Trigger{{Socket: "b.c"}}},
		op.Reads(schema.Accounts, schema.Conversations), op.Writes(schema.Sessions), op.Delivers(), op.ClosesConnections(), op.ChecksSignatures(),
		op.EncryptsSecrets(), op.ReadsObjects(objects.Part), op.DeletesObjects(objects.Part))
	list, err := statements(&o, nil)
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, s := range list {
		got = append(got, s.Sid+" "+strings.Join(s.Actions, ",")+" "+s.Condition)
	}
	want := []string{
		`Log "logs:CreateLogStream","logs:PutLogEvents" `,
		`Close "execute-api:ManageConnections" `,
		`CoreBatchGetItem "dynamodb:BatchGetItem","dynamodb:ConditionCheckItem","dynamodb:GetItem" {"ForAllValues:StringLike": {"dynamodb:LeadingKeys": ["*#C#*", "*#U#*"]}}`,
		`CoreQuery "dynamodb:Query" {"ForAllValues:StringLike": {"dynamodb:LeadingKeys": ["*#A#", "*#AK#", "*#U#*", "APPS"]}}`,
		`CoreQueryIndex "dynamodb:Query" {"ForAllValues:StringLike": {"dynamodb:LeadingKeys": ["*#U#*"]}}`,
		`DropPart "s3:DeleteObject" `,
		`FetchPart "s3:GetObject" `,
		`ListPart "s3:ListBucket" {"StringLike": {"s3:prefix": "part/*"}}`,
		`LiveBatchGetItem "dynamodb:BatchGetItem","dynamodb:GetItem","dynamodb:DeleteItem","dynamodb:UpdateItem" ` +
			`{"ForAllValues:StringLike": {"dynamodb:LeadingKeys": ["*#S#*"]}}`,
		`Open "kms:Decrypt" {"Null": {"kms:EncryptionContext:parley": "false"}}`,
		`Post "execute-api:ManageConnections" `,
		`Seal "kms:Encrypt" {"Null": {"kms:EncryptionContext:parley": "false"}}`,
		`SendBroadcast "sqs:SendMessage" `,
		`SendDelivery "sqs:SendMessage" `,
	}
	if !slices.Equal(got, want) {
		t.Errorf("got\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
	list, err = statements(&o, iam.Exercised{"a.b.c": {"accounts": {"GetItem"}, "conversations": {"Query"}, "sessions": {"UpdateItem"}}})
	if err != nil {
		t.Fatal(err)
	}
	got = nil
	for _, s := range list {
		if strings.Contains(s.Condition, "LeadingKeys") {
			got = append(got, s.Sid+" "+strings.Join(s.Actions, ","))
		}
	}
	want = []string{`CoreBatchGetItem "dynamodb:BatchGetItem","dynamodb:GetItem"`, `CoreQuery "dynamodb:Query"`, `CoreQueryIndex "dynamodb:Query"`, `LiveUpdateItem "dynamodb:UpdateItem"`}
	if !slices.Equal(got, want) {
		t.Errorf("if its cases exercise less: got %q, want %q", got, want)
	}
	for _, bad := range []string{"read nothing", "send nowhere", "fly", "write", "store nothing", "fly part"} {
		if _, err := allow("", bad, nil); err == nil {
			t.Errorf("%q: got a statement, want an error", bad)
		}
	}
	for _, d := range schema.Descriptors() {
		if _, err := allow("", fmt.Sprintf("read %s", d.Aggregate), nil); err != nil {
			t.Error(err)
		}
	}
}
