package backing

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
	"github.com/aws/aws-sdk-go-v2/service/sqs"
	"golang.org/x/sync/errgroup"

	"parley/infra/local/template"
)

// Credentials returns credentials that every local server accepts. DynamoDB Local
// accepts letters and digits only.
func Credentials() aws.CredentialsProvider {
	return aws.CredentialsProviderFunc(func(context.Context) (aws.Credentials, error) {
		return aws.Credentials{AccessKeyID: "local", SecretAccessKey: "local"}, nil
	})
}

// Client returns a DynamoDB client for a local endpoint.
func Client(endpoint string) *dynamodb.Client {
	return dynamodb.New(dynamodb.Options{Region: "us-east-1", BaseEndpoint: aws.String(endpoint), Credentials: Credentials()})
}

// Queues returns an SQS client for a local endpoint.
func Queues(endpoint string) *sqs.Client {
	return sqs.New(sqs.Options{Region: "us-east-1", BaseEndpoint: aws.String(endpoint), Credentials: Credentials()})
}

// CreateTables creates the tables that do not exist, with their streams and TTL
// attributes. A table that exists keeps its items; a stream or index that it lacks
// is added.
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
	in := &dynamodb.CreateTableInput{
		TableName: &t.Name, BillingMode: types.BillingModePayPerRequest,
		AttributeDefinitions: definitions(t), KeySchema: schema(t.HashKey, t.RangeKey),
	}
	for _, x := range t.Indexes {
		in.GlobalSecondaryIndexes = append(in.GlobalSecondaryIndexes, types.GlobalSecondaryIndex{
			IndexName: &x.Name, KeySchema: schema(x.HashKey, x.RangeKey), Projection: projection(x),
		})
	}
	var stream *types.StreamSpecification
	if t.Stream != "" {
		stream = &types.StreamSpecification{StreamEnabled: aws.Bool(true), StreamViewType: types.StreamViewType(t.Stream)}
	}
	in.StreamSpecification = stream
	_, err := client.CreateTable(ctx, in)
	var exists *types.ResourceInUseException
	if errors.As(err, &exists) {
		return updateTable(ctx, client, t, stream)
	}
	if err != nil || t.TTL == "" {
		return err
	}
	_, err = client.UpdateTimeToLive(ctx, &dynamodb.UpdateTimeToLiveInput{
		TableName: &t.Name, TimeToLiveSpecification: &types.TimeToLiveSpecification{AttributeName: &t.TTL, Enabled: aws.Bool(true)},
	})
	return err
}

// definitions returns the types of all key attributes of a table and its indexes.
func definitions(t template.Table) (list []types.AttributeDefinition) {
	seen := map[string]bool{"": true}
	keys := []template.Attribute{t.HashKey, t.RangeKey}
	for _, x := range t.Indexes {
		keys = append(keys, x.HashKey, x.RangeKey)
	}
	for _, k := range keys {
		if !seen[k.Name] {
			seen[k.Name] = true
			list = append(list, types.AttributeDefinition{AttributeName: aws.String(k.Name), AttributeType: types.ScalarAttributeType(k.Type)})
		}
	}
	return list
}

func schema(hash, sort template.Attribute) []types.KeySchemaElement {
	list := []types.KeySchemaElement{{AttributeName: aws.String(hash.Name), KeyType: types.KeyTypeHash}}
	if sort.Name != "" {
		list = append(list, types.KeySchemaElement{AttributeName: aws.String(sort.Name), KeyType: types.KeyTypeRange})
	}
	return list
}

func projection(x template.Index) *types.Projection {
	return &types.Projection{ProjectionType: types.ProjectionType(x.Projection), NonKeyAttributes: x.Include}
}

// updateTable checks a table that an earlier run has created. If its keys are not
// those of the template, it returns an error. A stream and indexes that the template
// has and the table lacks are added.
func updateTable(ctx context.Context, client *dynamodb.Client, t template.Table, stream *types.StreamSpecification) error {
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
	for _, x := range t.Indexes {
		exists := slices.ContainsFunc(found.Table.GlobalSecondaryIndexes, func(d types.GlobalSecondaryIndexDescription) bool {
			return aws.ToString(d.IndexName) == x.Name
		})
		if err == nil && !exists {
			err = addIndex(ctx, client, t, x)
		}
	}
	return err
}

// addIndex adds an index to a table and waits until it is active: DynamoDB creates
// one index at a time.
func addIndex(ctx context.Context, client *dynamodb.Client, t template.Table, x template.Index) error {
	_, err := client.UpdateTable(ctx, &dynamodb.UpdateTableInput{
		TableName: &t.Name, AttributeDefinitions: definitions(t),
		GlobalSecondaryIndexUpdates: []types.GlobalSecondaryIndexUpdate{{Create: &types.CreateGlobalSecondaryIndexAction{
			IndexName: &x.Name, KeySchema: schema(x.HashKey, x.RangeKey), Projection: projection(x),
		}}},
	})
	if err != nil {
		return fmt.Errorf("index %s: %w", x.Name, err)
	}
	for {
		found, err := client.DescribeTable(ctx, &dynamodb.DescribeTableInput{TableName: &t.Name})
		if err != nil {
			return fmt.Errorf("index %s: %w", x.Name, err)
		}
		ready := found.Table.TableStatus == types.TableStatusActive
		for _, d := range found.Table.GlobalSecondaryIndexes {
			ready = ready && d.IndexStatus == types.IndexStatusActive
		}
		if ready {
			return nil
		}
		select {
		case <-time.After(100 * time.Millisecond):
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

// CreateQueues creates queues on an external server. ElasticMQ as a child of this
// process has them from its configuration. Dead-letter queues are created first.
func CreateQueues(ctx context.Context, endpoint string, queues []template.Queue) error {
	client := Queues(endpoint)
	for _, hasDeadLetter := range []bool{false, true} {
		for _, q := range queues {
			if (q.DeadLetter != "") != hasDeadLetter {
				continue
			}
			attributes := map[string]string{
				"VisibilityTimeout": strconv.Itoa(int(q.Visibility.Seconds())), "DelaySeconds": strconv.Itoa(int(q.Delay.Seconds())),
				"ReceiveMessageWaitTimeSeconds": strconv.Itoa(int(q.Wait.Seconds())),
			}
			if q.FIFO {
				attributes["FifoQueue"] = "true"
			}
			if hasDeadLetter {
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
