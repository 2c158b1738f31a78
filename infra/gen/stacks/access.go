package stacks

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"parley/shared/objects"
	"parley/shared/op"
	"parley/shared/queue"
	"parley/shared/store"
)

// A statement is what one declared access allows.
type statement struct {
	Sid       string
	Actions   []string
	Resource  string
	Condition string
}

// statements are those of a role: its own log, what its doors need, and one for
// each declared access, named after it.
func statements(o *op.Operation, id string) ([]statement, error) {
	list := []statement{{
		Sid: "Log", Actions: actions("logs", "CreateLogStream", "PutLogEvents"), Resource: "!GetAtt " + id + "Logs.Arn",
	}}
	for _, d := range o.Doors {
		if d.Queue != "" {
			list = append(list, statement{
				Sid: camel("receive " + string(d.Queue)), Actions: actions("sqs", "ReceiveMessage", "DeleteMessage", "GetQueueAttributes"),
				Resource: "!Ref " + queueParameter(d.Queue) + "Arn",
			})
		}
		if d.Stream != "" {
			list = append(list, statement{
				Sid: camel("stream " + string(d.Stream)), Actions: actions("dynamodb", "DescribeStream", "GetRecords", "GetShardIterator", "ListStreams"),
				Resource: "!Ref " + streamParameter(d.Stream),
			})
		}
	}
	for _, need := range o.Needs {
		s, err := allow(need)
		if err != nil {
			return nil, err
		}
		s.Sid = camel(need)
		list = append(list, s)
	}
	return list, nil
}

// allow turns a declared access into actions on a resource.
func allow(need string) (statement, error) {
	verb, object, _ := strings.Cut(need, " ")
	switch {
	case verb == "read" || verb == "write":
		return table(verb, store.Aggregate(object))
	case verb == "send" && slices.Contains(queue.Names(), queue.Name(object)):
		return statement{Actions: actions("sqs", "SendMessage"), Resource: "!Ref " + queueParameter(queue.Name(object)) + "Arn"}, nil
	case slices.Contains(objects.Kinds(), objects.Kind(object)):
		return folder(verb, objects.Kind(object))
	case need == "post":
		return statement{Actions: actions("execute-api", "ManageConnections"), Resource: connections("POST")}, nil
	case need == "close":
		return statement{Actions: actions("execute-api", "ManageConnections"), Resource: connections("DELETE")}, nil
	case need == "open":
		return key("Decrypt"), nil
	case need == "seal":
		return key("Encrypt"), nil
	}
	return statement{}, fmt.Errorf("the access %q is not known", need)
}

// table allows reads or writes of the items of an aggregate: those whose
// partition key has its form. A condition within a transaction counts as a read.
func table(verb string, a store.Aggregate) (statement, error) {
	if !slices.Contains(store.Aggregates(), a) || len(a.Leading()) == 0 {
		return statement{}, fmt.Errorf("the aggregate %q is not known or has no leading keys", a)
	}
	keys, err := json.Marshal(a.Leading())
	if err != nil {
		return statement{}, err
	}
	s := statement{
		Actions:   actions("dynamodb", "GetItem", "BatchGetItem", "Query", "ConditionCheckItem"),
		Resource:  "!Sub arn:${AWS::Partition}:dynamodb:${AWS::Region}:${AWS::AccountId}:table/${" + tableParameter(a.Table()) + "}",
		Condition: `{"ForAllValues:StringLike": {"dynamodb:LeadingKeys": ` + strings.ReplaceAll(string(keys), ",", ", ") + `}}`,
	}
	switch {
	case verb == "write":
		s.Actions = actions("dynamodb", "PutItem", "UpdateItem", "DeleteItem", "BatchWriteItem")
	case len(a.Indexes()) > 0: // the leading key of an index has the form of the table's
		s.Resource = "[" + quoted(s.Resource) + ", " + quoted(s.Resource+"/index/*") + "]"
	}
	return s, nil
}

// quoted puts the text of a !Sub in quotes, for a list.
func quoted(sub string) string {
	tag, text, _ := strings.Cut(sub, " ")
	return tag + " '" + text + "'"
}

// folder allows one use of the objects of a kind: those of its folder.
func folder(verb string, k objects.Kind) (statement, error) {
	below := "!Sub arn:${AWS::Partition}:s3:::${" + bucketParameter + "}/" + string(k) + "/*"
	s := statement{Resource: below}
	switch verb {
	case "store":
		s.Actions = actions("s3", "PutObject")
		return s, nil
	case "fetch":
		s.Actions = actions("s3", "GetObject", "ListBucket")
	case "drop":
		s.Actions = actions("s3", "DeleteObject", "ListBucket")
	default:
		return statement{}, fmt.Errorf("the access %q to objects is not known", verb)
	}
	// A list is of the bucket, and says which folder it wants.
	s.Resource = "[!Sub 'arn:${AWS::Partition}:s3:::${" + bucketParameter + "}', " + "!Sub 'arn:${AWS::Partition}:s3:::${" + bucketParameter + "}/" + string(k) + "/*']"
	s.Condition = `{"StringLikeIfExists": {"s3:prefix": "` + string(k) + `/*"}}`
	return s, nil
}

func connections(method string) string {
	return "!Sub arn:${AWS::Partition}:execute-api:${AWS::Region}:${AWS::AccountId}:${SocketApi}/${Stage}/" + method + "/@connections/*"
}

// key allows one use of the seal key, and only with the purpose that package
// seal gives.
func key(action string) statement {
	return statement{
		Actions: actions("kms", action), Resource: "!Ref SealKey",
		Condition: `{"Null": {"kms:EncryptionContext:parley": "false"}}`,
	}
}

func actions(service string, names ...string) []string {
	out := make([]string, len(names))
	for i, name := range names {
		out[i] = `"` + service + ":" + name + `"`
	}
	return out
}
