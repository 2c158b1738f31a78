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

// A statement is a statement of an IAM policy: what one declared access allows.
type statement struct {
	Sid       string
	Actions   []string
	Resource  string
	Condition string
}

// statements returns the statements of the role of an operation: one for its log, one for
// each queue or stream that invokes it, and one for each declared access, with an Sid of the
// same words.
func statements(o *op.Operation, id string) ([]statement, error) {
	list := []statement{{
		Sid: "Log", Actions: actions("logs", "CreateLogStream", "PutLogEvents"), Resource: "!GetAtt " + id + "Logs.Arn",
	}}
	for _, d := range o.Triggers {
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
	for _, access := range o.Access {
		s, err := allow(access)
		if err != nil {
			return nil, err
		}
		s.Sid = camel(access)
		list = append(list, s)
	}
	return list, nil
}

// allow returns the actions and the resource of a declared access.
func allow(access string) (statement, error) {
	verb, object, _ := strings.Cut(access, " ")
	switch {
	case verb == "read" || verb == "write":
		return tableAccess(verb, store.Aggregate(object))
	case verb == "send" && slices.Contains(queue.Names(), queue.Name(object)):
		return statement{Actions: actions("sqs", "SendMessage"), Resource: "!Ref " + queueParameter(queue.Name(object)) + "Arn"}, nil
	case slices.Contains(objects.Kinds(), objects.Kind(object)):
		return objectAccess(verb, objects.Kind(object))
	case access == "post":
		return statement{Actions: actions("execute-api", "ManageConnections"), Resource: connections("POST")}, nil
	case access == "close":
		return statement{Actions: actions("execute-api", "ManageConnections"), Resource: connections("DELETE")}, nil
	case access == "open":
		return sealKeyAccess("Decrypt"), nil
	case access == "seal":
		return sealKeyAccess("Encrypt"), nil
	}
	return statement{}, fmt.Errorf("the access %q is not known", access)
}

// tableAccess allows to read or to write the items of an aggregate: those whose partition
// key has the form of the aggregate. A condition check in a transaction counts as a read.
func tableAccess(verb string, a store.Aggregate) (statement, error) {
	if !slices.Contains(store.Aggregates(), a) || len(a.LeadingKeys()) == 0 {
		return statement{}, fmt.Errorf("the aggregate %q is not known or has no leading keys", a)
	}
	keys, err := json.Marshal(a.LeadingKeys())
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
	case len(a.Indexes()) > 0: // the partition key of an index has the same form as that of the table
		s.Resource = "[" + quoted(s.Resource) + ", " + quoted(s.Resource+"/index/*") + "]"
	}
	return s, nil
}

// quoted puts the text of a !Sub in quotes. In a list of YAML it needs them.
func quoted(sub string) string {
	tag, text, _ := strings.Cut(sub, " ")
	return tag + " '" + text + "'"
}

// objectAccess allows one verb on the objects of a kind, which are in one folder of the
// bucket.
func objectAccess(verb string, k objects.Kind) (statement, error) {
	objectsOfKind := "!Sub arn:${AWS::Partition}:s3:::${" + bucketParameter + "}/" + string(k) + "/*"
	s := statement{Resource: objectsOfKind}
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
	// ListBucket is an action on the bucket; its prefix says which folder is listed.
	s.Resource = "[!Sub 'arn:${AWS::Partition}:s3:::${" + bucketParameter + "}', " + "!Sub 'arn:${AWS::Partition}:s3:::${" + bucketParameter + "}/" + string(k) + "/*']"
	s.Condition = `{"StringLikeIfExists": {"s3:prefix": "` + string(k) + `/*"}}`
	return s, nil
}

// connections returns the ARN of a method on all WebSocket connections.
func connections(method string) string {
	return "!Sub arn:${AWS::Partition}:execute-api:${AWS::Region}:${AWS::AccountId}:${SocketApi}/${Stage}/" + method + "/@connections/*"
}

// sealKeyAccess allows one action with the KMS key of package seal, and only with the
// encryption context that package seal sends.
func sealKeyAccess(action string) statement {
	return statement{
		Actions: actions("kms", action), Resource: "!Ref SealKey",
		Condition: `{"Null": {"kms:EncryptionContext:parley": "false"}}`,
	}
}

// actions returns actions of a service, each in quotes.
func actions(service string, names ...string) []string {
	out := make([]string, len(names))
	for i, name := range names {
		out[i] = `"` + service + ":" + name + `"`
	}
	return out
}
