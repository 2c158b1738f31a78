package backing

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
	"github.com/aws/aws-sdk-go-v2/service/sqs"
	"golang.org/x/sync/errgroup"

	"parley/infra/local/template"
)

// Credentials are accepted by every local server: letters and digits only, as
// DynamoDB Local wants them.
func Credentials() aws.CredentialsProvider {
	return aws.CredentialsProviderFunc(func(context.Context) (aws.Credentials, error) {
		return aws.Credentials{AccessKeyID: "local", SecretAccessKey: "local"}, nil
	})
}

// Client is a DynamoDB client for a local endpoint.
func Client(endpoint string) *dynamodb.Client {
	return dynamodb.New(dynamodb.Options{Region: "us-east-1", BaseEndpoint: aws.String(endpoint), Credentials: Credentials()})
}

// Queues is an SQS client for a local endpoint.
func Queues(endpoint string) *sqs.Client {
	return sqs.New(sqs.Options{Region: "us-east-1", BaseEndpoint: aws.String(endpoint), Credentials: Credentials()})
}

// CreateTables creates the tables that are not there yet, with their streams
// and TTL attributes. A table that is there keeps its items.
func CreateTables(ctx context.Context, endpoint string, tables []template.Table) error {
	client := Client(endpoint)
	group, ctx := errgroup.WithContext(ctx)
	for _, t := range tables {
		group.Go(func() error {
			if err := createTable(ctx, client, t); err != nil {
				return fmt.Errorf("create table %s: %w", t.Name, err)
			}
			return nil
		})
	}
	return group.Wait()
}

func createTable(ctx context.Context, client *dynamodb.Client, t template.Table) error {
	in := &dynamodb.CreateTableInput{TableName: &t.Name, BillingMode: types.BillingModePayPerRequest}
	for _, k := range []struct {
		template.Attribute
		kind types.KeyType
	}{{t.HashKey, types.KeyTypeHash}, {t.RangeKey, types.KeyTypeRange}} {
		if k.Name == "" {
			continue
		}
		in.AttributeDefinitions = append(in.AttributeDefinitions, types.AttributeDefinition{AttributeName: &k.Name, AttributeType: types.ScalarAttributeType(k.Type)})
		in.KeySchema = append(in.KeySchema, types.KeySchemaElement{AttributeName: &k.Name, KeyType: k.kind})
	}
	var stream *types.StreamSpecification
	if t.Stream != "" {
		stream = &types.StreamSpecification{StreamEnabled: aws.Bool(true), StreamViewType: types.StreamViewType(t.Stream)}
	}
	in.StreamSpecification = stream
	_, err := client.CreateTable(ctx, in)
	var exists *types.ResourceInUseException
	if errors.As(err, &exists) {
		return adopt(ctx, client, t, stream)
	}
	if err != nil || t.TTL == "" {
		return err
	}
	_, err = client.UpdateTimeToLive(ctx, &dynamodb.UpdateTimeToLiveInput{
		TableName: &t.Name, TimeToLiveSpecification: &types.TimeToLiveSpecification{AttributeName: &t.TTL, Enabled: aws.Bool(true)},
	})
	return err
}

// adopt checks a table of an earlier run: its keys must be those of the
// templates, and a stream that the templates gained is switched on.
func adopt(ctx context.Context, client *dynamodb.Client, t template.Table, stream *types.StreamSpecification) error {
	found, err := client.DescribeTable(ctx, &dynamodb.DescribeTableInput{TableName: &t.Name})
	if err != nil {
		return err
	}
	var keys []string
	for _, k := range found.Table.KeySchema {
		keys = append(keys, aws.ToString(k.AttributeName))
	}
	want := []string{t.HashKey.Name}
	if t.RangeKey.Name != "" {
		want = append(want, t.RangeKey.Name)
	}
	if strings.Join(keys, " ") != strings.Join(want, " ") {
		return fmt.Errorf("its keys are %v and the template says %v; remove the local data", keys, want)
	}
	if stream != nil && found.Table.StreamSpecification == nil {
		_, err = client.UpdateTable(ctx, &dynamodb.UpdateTableInput{TableName: &t.Name, StreamSpecification: stream})
	}
	return err
}

// CreateQueues creates the queues of the templates on a server that was not
// started with them. Dead-letter queues come first.
func CreateQueues(ctx context.Context, endpoint string, queues []template.Queue) error {
	client := Queues(endpoint)
	for _, redriven := range []bool{false, true} {
		for _, q := range queues {
			if (q.DeadLetter != "") != redriven {
				continue
			}
			attributes := map[string]string{
				"VisibilityTimeout": strconv.Itoa(int(q.Visibility.Seconds())), "DelaySeconds": strconv.Itoa(int(q.Delay.Seconds())),
				"ReceiveMessageWaitTimeSeconds": strconv.Itoa(int(q.Wait.Seconds())),
			}
			if q.FIFO {
				attributes["FifoQueue"] = "true"
			}
			if redriven {
				arn := q.ARN[:strings.LastIndex(q.ARN, ":")+1] + q.DeadLetter
				attributes["RedrivePolicy"] = fmt.Sprintf(`{"deadLetterTargetArn":%q,"maxReceiveCount":%d}`, arn, q.MaxReceive)
			}
			if _, err := client.CreateQueue(ctx, &sqs.CreateQueueInput{QueueName: &q.Name, Attributes: attributes}); err != nil {
				return fmt.Errorf("create queue %s: %w", q.Name, err)
			}
		}
	}
	return nil
}
