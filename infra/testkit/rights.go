package testkit

import (
	"context"
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"sync"

	"parley/infra/iam"
	"parley/infra/local/backing"
	"parley/shared/dynamo"
	"parley/shared/dynamo/calls"
	"parley/shared/s3"
	"parley/shared/store/schema"
)

// A requestLog records the requests to AWS of one call, as IAM would see them.
type requestLog struct {
	mu   sync.Mutex
	list []iam.Request
}

func (l *requestLog) add(list ...iam.Request) {
	if l == nil {
		return
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	l.list = append(l.list, list...)
}

type requestLogKey struct{}

// withRequestLog returns a context whose calls to AWS are recorded.
func withRequestLog(ctx context.Context, l *requestLog) context.Context {
	return context.WithValue(ctx, requestLogKey{}, l)
}

// recordRequests records the requests of each call.
func (s *Server) recordRequests(ctx context.Context, in any, next dynamo.Call) (any, error) {
	if l, recorded := ctx.Value(requestLogKey{}).(*requestLog); recorded {
		l.add(s.requests(in)...)
	}
	return next(ctx, in)
}

// requests returns the requests that IAM decides about for one call. DynamoDB decides once
// for each action and table, with all partition keys: a transaction needs one statement for
// all its writes to a table.
func (s *Server) requests(parameters any) []iam.Request {
	var list []iam.Request
	add := func(action, table, index, key string) {
		resource := iam.Table(s.parameter(table), index)
		i := slices.IndexFunc(list, func(r iam.Request) bool { return r.Action == "dynamodb:"+action && r.Resource == resource })
		if i < 0 {
			i, list = len(list), append(list, iam.Request{Action: "dynamodb:" + action, Resource: resource})
		}
		list[i].Keys = append(list[i].Keys, key)
	}
	switch in := parameters.(type) {
	case *calls.GetItemInput:
		add("GetItem", *in.TableName, "", partitionKey(in.Key))
	case *calls.PutItemInput:
		add("PutItem", *in.TableName, "", partitionKey(in.Item))
	case *calls.UpdateItemInput:
		add("UpdateItem", *in.TableName, "", partitionKey(in.Key))
	case *calls.DeleteItemInput:
		add("DeleteItem", *in.TableName, "", partitionKey(in.Key))
	case *calls.QueryInput:
		index := ""
		if in.IndexName != nil {
			index = *in.IndexName
		}
		add("Query", *in.TableName, index, queriedKey(in))
	case *calls.BatchGetItemInput:
		for table, keys := range in.RequestItems {
			for _, key := range keys.Keys {
				add("BatchGetItem", table, "", partitionKey(key))
			}
		}
	case *calls.BatchWriteItemInput:
		for table, writes := range in.RequestItems {
			for _, w := range writes {
				if w.PutRequest != nil {
					add("BatchWriteItem", table, "", partitionKey(w.PutRequest.Item))
				} else {
					add("BatchWriteItem", table, "", partitionKey(w.DeleteRequest.Key))
				}
			}
		}
	case *calls.TransactWriteItemsInput:
		for _, item := range in.TransactItems {
			switch {
			case item.Put != nil:
				add("PutItem", *item.Put.TableName, "", partitionKey(item.Put.Item))
			case item.Update != nil:
				add("UpdateItem", *item.Update.TableName, "", partitionKey(item.Update.Key))
			case item.Delete != nil:
				add("DeleteItem", *item.Delete.TableName, "", partitionKey(item.Delete.Key))
			default:
				add("ConditionCheckItem", *item.ConditionCheck.TableName, "", partitionKey(item.ConditionCheck.Key))
			}
		}
		list = wholeTransaction(list)
	default:
		list = []iam.Request{{Action: fmt.Sprintf("%T", parameters)}} // no statement allows it
	}
	return list
}

// wholeTransaction gives each write of a transaction the partition keys of all its writes to
// the same table. AWS does not say whether it decides by action or by transaction, so the
// roles allow both.
func wholeTransaction(list []iam.Request) []iam.Request {
	out := slices.Clone(list)
	for i := range out {
		for j, other := range list {
			if i != j && other.Resource == out[i].Resource && other.Action != "dynamodb:ConditionCheckItem" && out[i].Action != "dynamodb:ConditionCheckItem" {
				out[i].Keys = slices.Concat(out[i].Keys, other.Keys)
			}
		}
	}
	return out
}

// parameter returns the parameter of the stacks for a table of the server.
func (s *Server) parameter(name string) string {
	for table, n := range schema.TableNames(s.Tables) {
		if n == name {
			return "Table" + strings.ToUpper(string(table[:1])) + string(table[1:])
		}
	}
	return "unknown table"
}

// partitionKey returns the partition key of an item or of a key.
func partitionKey(item calls.Attributes) string {
	if v, ok := item["pk"].(*calls.Text); ok {
		return v.Value
	}
	return ""
}

// queriedKey returns the partition key of a query: the value that its key condition compares
// the attribute pk or ix with.
func queriedKey(in *calls.QueryInput) string {
	condition := *in.KeyConditionExpression
	for name, attribute := range in.ExpressionAttributeNames {
		if attribute == "pk" || attribute == string(schema.IndexedBy) {
			condition = strings.ReplaceAll(condition, name, attribute)
		}
	}
	for name, value := range in.ExpressionAttributeValues {
		v, ok := value.(*calls.Text)
		for _, attribute := range []string{"pk", string(schema.IndexedBy)} {
			if ok && (strings.HasPrefix(condition, attribute+" = "+name) || strings.HasPrefix(condition, attribute+"="+name)) {
				return v.Value
			}
		}
	}
	return "unknown key"
}

// objectRequests returns the requests that IAM decides about for a call to S3.
func objectRequests(parameters any) []iam.Request {
	const bucket = "BucketArchive"
	switch in := parameters.(type) {
	case *s3.PutObject:
		return []iam.Request{{Action: "s3:PutObject", Resource: iam.Bucket(bucket, in.Key)}}
	case *s3.GetObject:
		return []iam.Request{{Action: "s3:GetObject", Resource: iam.Bucket(bucket, in.Key)}}
	case *s3.ListObjectsV2:
		return []iam.Request{{Action: "s3:ListBucket", Resource: iam.Bucket(bucket, ""), Prefix: in.Prefix, HasPrefix: true}}
	case *s3.DeleteObjects:
		var list []iam.Request
		for _, key := range in.Keys {
			list = append(list, iam.Request{Action: "s3:DeleteObject", Resource: iam.Bucket(bucket, key)})
		}
		return list
	}
	return []iam.Request{{Action: fmt.Sprintf("%T", parameters)}}
}

// accessRequests returns the requests of accesses that the world records itself: it has no
// queues, connections and keys of AWS. A seal key is in KMS or in a parameter: the roles of
// both kinds of stages must allow it.
func accessRequests(accesses []string) []iam.Request {
	readKey := iam.Request{Action: "ssm:GetParameter", Resource: iam.Parameter("SealParameter")}
	var list []iam.Request
	for _, access := range accesses {
		verb, object, _ := strings.Cut(access, " ")
		switch verb {
		case "send":
			list = append(list, iam.Request{Action: "sqs:SendMessage", Resource: "Queue" + strings.ToUpper(object[:1]) + object[1:] + "Arn"})
		case "post":
			list = append(list, iam.Request{Action: "execute-api:ManageConnections", Resource: iam.Connection("POST")})
		case "close":
			list = append(list, iam.Request{Action: "execute-api:ManageConnections", Resource: iam.Connection("DELETE")})
		case "open":
			list = append(list, iam.Request{Action: "kms:Decrypt", Resource: "SealKey", Sealed: true}, readKey)
		case "seal":
			list = append(list, iam.Request{Action: "kms:Encrypt", Resource: "SealKey", Sealed: true}, readKey)
		}
	}
	return list
}

// roles returns the policies of the generated stacks, by operation. They are read once.
func (s *Server) roles() (map[string]iam.Policy, error) {
	s.rolesOnce.Do(func() {
		root, err := backing.Root()
		if err != nil {
			s.rolesErr = err
			return
		}
		s.rolesRead, s.rolesErr = iam.Load(filepath.Join(root, "infra", "stacks"))
	})
	return s.rolesRead, s.rolesErr
}

// refused returns the requests that the role of an operation does not allow. An operation
// that a test makes is in no stack and has no role: it is refused nothing. That every
// operation of the catalog has one is a test of infra/gen/stacks.
func (s *Server) refused(operation string, requests []iam.Request) ([]string, error) {
	roles, err := s.roles()
	if err != nil {
		return nil, err
	}
	policy, deployed := roles[operation]
	if !deployed {
		return nil, nil
	}
	var out []string
	for _, r := range requests {
		if !policy.Allows(r) {
			slices.Sort(r.Keys)
			out = append(out, fmt.Sprintf("%s on %s with keys %q", r.Action, r.Resource, slices.Compact(r.Keys)))
		}
	}
	return out, nil
}
