// Command program is the program of the functions in the tests: a few operations on one
// table and one queue.
package main

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"strconv"
	"strings"

	"github.com/aws/aws-lambda-go/events"
	"github.com/aws/aws-lambda-go/lambda"
	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
	"github.com/aws/aws-sdk-go-v2/service/sqs"
)

type program struct {
	table, queue string
	db           *dynamodb.Client
	sqs          *sqs.Client
}

func main() {
	credentials := aws.CredentialsProviderFunc(func(context.Context) (aws.Credentials, error) {
		return aws.Credentials{AccessKeyID: os.Getenv("AWS_ACCESS_KEY_ID"), SecretAccessKey: os.Getenv("AWS_SECRET_ACCESS_KEY")}, nil
	})
	region := os.Getenv("AWS_REGION")
	p := program{
		table: os.Getenv("TABLE"), queue: os.Getenv("QUEUE"),
		db:  dynamodb.New(dynamodb.Options{Region: region, Credentials: credentials, BaseEndpoint: aws.String(os.Getenv("AWS_ENDPOINT_URL_DYNAMODB"))}),
		sqs: sqs.New(sqs.Options{Region: region, Credentials: credentials, BaseEndpoint: aws.String(os.Getenv("AWS_ENDPOINT_URL_SQS"))}),
	}
	switch os.Getenv("_HANDLER") {
	case "tiny.write":
		lambda.Start(p.write)
	case "tiny.consume":
		lambda.Start(p.consume)
	case "tiny.changes":
		lambda.Start(p.changes)
	case "tiny.tick":
		lambda.Start(func(ctx context.Context) error { return p.count(ctx, "tick", "tick") })
	case "tiny.socket":
		lambda.Start(socket)
	case "tiny.operator":
		lambda.Start(func(context.Context, events.APIGatewayV2HTTPRequest) (map[string]any, error) {
			return map[string]any{"code": 0, "body": map[string]any{"SdkAppId": 1400000001, "Secret": "5bd2850fff3ecb11d7c805251c51ee463a25727bddc2385f3fa8bfee1bb93b5e"}}, nil
		})
	case "tiny.import":
		lambda.Start(func(ctx context.Context, r events.APIGatewayV2HTTPRequest) (map[string]any, error) {
			var in struct{ UserID string }
			if err := json.Unmarshal([]byte(r.Body), &in); err != nil {
				return nil, err
			}
			return map[string]any{"ActionStatus": "OK", "ErrorCode": 0}, p.count(ctx, "user "+in.UserID, "import")
		})
	}
}

// socket posts each message back to its connection.
func socket(ctx context.Context, e events.APIGatewayWebsocketProxyRequest) (map[string]any, error) {
	if e.RequestContext.EventType == "MESSAGE" {
		url := os.Getenv("CONNECTIONS_ENDPOINT") + "/@connections/" + e.RequestContext.ConnectionID
		req, err := http.NewRequestWithContext(ctx, http.MethodPost, url, strings.NewReader("you said "+e.Body))
		if err != nil {
			return nil, err
		}
		res, err := http.DefaultClient.Do(req)
		if err != nil {
			return nil, err
		}
		res.Body.Close()
	}
	return map[string]any{"statusCode": http.StatusOK}, nil
}

type request struct {
	ID   string
	Send []string
}

// write stores the id and sends queue messages. If either fails, the status is 500.
func (p program) write(ctx context.Context, r events.APIGatewayV2HTTPRequest) (string, error) {
	var in request
	if err := json.Unmarshal([]byte(r.Body), &in); err != nil {
		return "", err
	}
	if in.ID != "" {
		_, err := p.db.PutItem(ctx, &dynamodb.PutItemInput{TableName: &p.table, Item: key(in.ID, "write")})
		if err != nil {
			return "", err
		}
	}
	for _, body := range in.Send {
		if _, err := p.sqs.SendMessage(ctx, &sqs.SendMessageInput{QueueUrl: &p.queue, MessageBody: aws.String(body)}); err != nil {
			return "", err
		}
	}
	return "done", nil
}

// consume counts each queue message. A message that begins with "bad" always fails.
func (p program) consume(ctx context.Context, e events.SQSEvent) (events.SQSEventResponse, error) {
	var failed events.SQSEventResponse
	for _, m := range e.Records {
		if n, ok := strings.CutPrefix(m.Body, "chain"); ok {
			if err := p.next(ctx, n); err != nil {
				return failed, err
			}
		}
		if err := p.count(ctx, m.Body, "consume"); err != nil || strings.HasPrefix(m.Body, "bad") {
			failed.BatchItemFailures = append(failed.BatchItemFailures, events.SQSBatchItemFailure{ItemIdentifier: m.MessageId})
		}
	}
	return failed, nil
}

// next sends the next message of a chain to the queue that it came from. Example: "chain3"
// sends "chain2".
func (p program) next(ctx context.Context, text string) error {
	n, err := strconv.Atoi(text)
	if err != nil || n == 0 {
		return err
	}
	_, err = p.sqs.SendMessage(ctx, &sqs.SendMessageInput{QueueUrl: &p.queue, MessageBody: aws.String(fmt.Sprintf("chain%d", n-1))})
	return err
}

// changes counts each write that it receives from the stream.
func (p program) changes(ctx context.Context, e events.DynamoDBEvent) (events.DynamoDBEventResponse, error) {
	var failed events.DynamoDBEventResponse
	for _, r := range e.Records {
		id, sk := r.Change.NewImage["pk"].String(), r.Change.NewImage["sk"].String()
		if sk != "write" {
			continue
		}
		if err := p.count(ctx, id, "change"); err != nil || strings.HasPrefix(id, "bad") {
			failed.BatchItemFailures = append(failed.BatchItemFailures, events.DynamoDBBatchItemFailure{ItemIdentifier: r.Change.SequenceNumber})
			break
		}
	}
	return failed, nil
}

func (p program) count(ctx context.Context, pk, sk string) error {
	_, err := p.db.UpdateItem(ctx, &dynamodb.UpdateItemInput{
		TableName: &p.table, Key: key(pk, sk), UpdateExpression: aws.String("ADD n :one"),
		ExpressionAttributeValues: map[string]types.AttributeValue{":one": &types.AttributeValueMemberN{Value: "1"}},
	})
	return err
}

func key(pk, sk string) map[string]types.AttributeValue {
	return map[string]types.AttributeValue{"pk": &types.AttributeValueMemberS{Value: pk}, "sk": &types.AttributeValueMemberS{Value: sk}}
}
