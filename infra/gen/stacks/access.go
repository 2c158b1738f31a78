package stacks

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"parley/infra/iam"
	"parley/shared/objects"
	"parley/shared/op"
	"parley/shared/queue"
	"parley/shared/store/schema"
)

// A statement is a statement of an IAM policy.
type statement struct {
	Sid       string
	Actions   []string
	Resource  string // an expression of CloudFormation
	Condition string // JSON, or empty
	// InParameter replaces the statement in a stage whose seal key is in a parameter of
	// Systems Manager. Usually there is none.
	InParameter *statement
}

// A right is one declared access as IAM sees it. Rights that differ in their keys only become
// one statement.
type right struct {
	statement

	keys []string // patterns of partition keys: the condition dynamodb:LeadingKeys
}

// statements returns the statements of the role of an operation: one for the log, one for
// each queue or stream that invokes it, and those of its accesses. An action on one table is in
// one statement with all its keys, because DynamoDB asks for one statement that allows a whole
// transaction. Example: a transaction writes the account of alice ("5#C#alice") and the list
// of accounts ("5#AI#3"). Two statements, each with one of the patterns, would refuse it.
func statements(o *op.Operation, used iam.Exercised) ([]statement, error) {
	rights := []right{{statement: statement{
		Sid: "Log", Actions: actions("logs", "CreateLogStream", "PutLogEvents"), Resource: "!GetAtt Logs.Arn",
	}}}
	for _, d := range o.Triggers {
		if d.Queue != "" {
			rights = append(rights, right{statement: statement{
				Sid: camel("receive " + string(d.Queue)), Actions: actions("sqs", "ReceiveMessage", "DeleteMessage", "GetQueueAttributes"),
				Resource: "!Ref " + queueParameter(d.Queue) + "Arn",
			}})
		}
		if d.Stream != "" {
			rights = append(rights, right{statement: statement{
				Sid: camel("stream " + string(d.Stream)), Actions: actions("dynamodb", "DescribeStream", "GetRecords", "GetShardIterator", "ListStreams"),
				Resource: "!Ref " + streamParameter(d.Stream),
			}}, right{statement: statement{ // Lambda tells it in the name of the function
				Sid: "SetAside", Actions: actions("sqs", "SendMessage"), Resource: "!Ref AsideArn",
			}})
		}
	}
	for _, access := range o.Declared().Access {
		list, err := allow(o.Name, access, used)
		if err != nil {
			return nil, err
		}
		rights = append(rights, list...)
	}
	return merge(rights), nil
}

// merge makes one statement of all rights with the same Sid, which differ in their keys, and
// then one statement of those that differ in their actions only: the actions on one table with
// the same keys.
func merge(rights []right) []statement {
	var merged []right
	for _, r := range rights {
		i := slices.IndexFunc(merged, func(m right) bool { return m.Sid == r.Sid })
		if i < 0 {
			merged = append(merged, r)
			continue
		}
		merged[i].keys = slices.Concat(merged[i].keys, r.keys)
	}
	var out []statement
	for _, r := range merged {
		if len(r.keys) > 0 {
			slices.Sort(r.keys)
			keys, _ := json.Marshal(slices.Compact(r.keys)) // strings are always encoded
			r.Condition = `{"ForAllValues:StringLike": {"dynamodb:LeadingKeys": ` + strings.ReplaceAll(string(keys), ",", ", ") + `}}`
			same := func(s statement) bool { return s.Resource == r.Resource && s.Condition == r.Condition }
			if i := slices.IndexFunc(out, same); i >= 0 {
				out[i].Actions = append(out[i].Actions, r.Actions...)
				continue
			}
		}
		out = append(out, r.statement)
	}
	slices.SortStableFunc(out[1:], func(a, b statement) int { return strings.Compare(a.Sid, b.Sid) }) // the log comes first
	return out
}

// allow returns the rights of a declared access.
func allow(operation, access string, used iam.Exercised) ([]right, error) {
	verb, object, _ := strings.Cut(access, " ")
	one := func(service, action, resource string) []right {
		return []right{{statement: statement{Sid: camel(access), Actions: actions(service, action), Resource: resource}}}
	}
	switch {
	case verb == "read" || verb == "write":
		return tableAccess(operation, verb, schema.Aggregate(object), used)
	case verb == "send" && slices.Contains(queue.Names(), queue.Name(object)):
		return one("sqs", "SendMessage", "!Ref "+queueParameter(queue.Name(object))+"Arn"), nil
	case slices.Contains(objects.Kinds(), objects.Kind(object)):
		return objectAccess(verb, objects.Kind(object))
	case access == "post":
		return one("execute-api", "ManageConnections", connections("POST")), nil
	case access == "close":
		return one("execute-api", "ManageConnections", connections("DELETE")), nil
	case access == "open":
		return sealKeyAccess(access, "Decrypt"), nil
	case access == "seal":
		return sealKeyAccess(access, "Encrypt"), nil
	}
	return nil, fmt.Errorf("the access %q is not known", access)
}

// tableAccess allows to read or to write the items of an aggregate: those whose partition
// key has the form of the aggregate, by the actions that the operation uses. A condition
// check in a transaction counts as a read. The partition key of an index has the same form as
// that of the table.
func tableAccess(operation, verb string, a schema.Aggregate, used iam.Exercised) ([]right, error) {
	d := a.Descriptor()
	if len(d.LeadingKeys()) == 0 {
		return nil, fmt.Errorf("the aggregate %q is not known or has no leading keys", a)
	}
	known := d.Reads
	if verb == "write" {
		known = d.Writes
	}
	table := "!Sub arn:${AWS::Partition}:dynamodb:${AWS::Region}:${AWS::AccountId}:table/${" + tableParameter(d.Table) + "}"
	var list []right
	for _, action := range used.Rights(operation, string(a), known, d.Twins) {
		resource, name := table, action
		if action == schema.QueryIndex {
			resource, name = table+"/index/*", "Query"
		}
		list = append(list, right{statement{
			Sid: camel(string(d.Table)) + action, Actions: actions("dynamodb", name), Resource: resource,
		}, d.LeadingKeys()})
	}
	return list, nil
}

// objectAccess allows one verb on the objects of a kind, which are in one folder of the
// bucket. ListBucket is an action on the bucket: without a prefix, or with one that is not
// within the folder, it is denied.
func objectAccess(verb string, k objects.Kind) ([]right, error) {
	action, ok := map[string]string{"store": "PutObject", "fetch": "GetObject", "drop": "DeleteObject"}[verb]
	if !ok {
		return nil, fmt.Errorf("the access %q to objects is not known", verb)
	}
	bucket := "!Sub arn:${AWS::Partition}:s3:::${" + bucketParameter + "}"
	list := []right{{statement: statement{
		Sid: camel(verb + " " + string(k)), Actions: actions("s3", action), Resource: bucket + "/" + string(k) + "/*",
	}}}
	if verb != "store" {
		list = append(list, right{statement: statement{
			Sid: camel("list " + string(k)), Actions: actions("s3", "ListBucket"), Resource: bucket,
			Condition: `{"StringLike": {"s3:prefix": "` + string(k) + `/*"}}`,
		}})
	}
	return list, nil
}

// connections returns the ARN of a method on all WebSocket connections.
func connections(method string) string {
	return "!Sub arn:${AWS::Partition}:execute-api:${AWS::Region}:${AWS::AccountId}:${Connections}/" + method + "/@connections/*"
}

// sealKeyAccess allows one action with the KMS key of package seal, and only with the
// encryption context that package seal sends. If the key is in a parameter, it allows to
// read that one parameter.
func sealKeyAccess(access, action string) []right {
	return []right{{statement: statement{
		Sid: camel(access), Actions: actions("kms", action), Resource: "!Ref SealKey",
		Condition: `{"Null": {"kms:EncryptionContext:parley": "false"}}`,
		InParameter: &statement{
			Sid: camel(access), Actions: actions("ssm", "GetParameter"),
			Resource: "!Sub arn:${AWS::Partition}:ssm:${AWS::Region}:${AWS::AccountId}:parameter${SealParameter}",
		},
	}}}
}

// actions returns actions of a service, each in quotes.
func actions(service string, names ...string) []string {
	out := make([]string, len(names))
	for i, name := range names {
		out[i] = `"` + service + ":" + name + `"`
	}
	return out
}
