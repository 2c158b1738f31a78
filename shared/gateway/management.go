package gateway

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"sync"

	"github.com/aws/aws-sdk-go-v2/service/apigatewaymanagementapi"
	"github.com/aws/smithy-go/middleware"

	"parley/shared/attempt"
)

// management is the SDK's client, made when first used: most functions post and
// never ask.
type management struct {
	once sync.Once
	sdk  *apigatewaymanagementapi.Client
}

func (m *management) client(o Options) *apigatewaymanagementapi.Client {
	m.once.Do(func() {
		m.sdk = apigatewaymanagementapi.New(apigatewaymanagementapi.Options{
			Region: o.Region, Credentials: o.Credentials, BaseEndpoint: &o.Endpoint,
			Retryer: attempt.Retryer(), APIOptions: []func(*middleware.Stack) error{attempt.Bounded},
		})
	})
	return m.sdk
}

// Disconnect ends a connection. One that is gone is ErrGone.
func (c *Client) Disconnect(ctx context.Context, connection string) error {
	_, err := c.management.client(c.options).DeleteConnection(ctx,
		&apigatewaymanagementapi.DeleteConnectionInput{ConnectionId: &connection})
	if err != nil {
		return fmt.Errorf("gateway: disconnect: %w", known(err))
	}
	return nil
}

// known replaces an error of the SDK by ours for its status. The SDK's own types
// depend on a header, which a 410 of API Gateway's front does not carry.
func known(err error) error {
	var answer interface{ HTTPStatusCode() int }
	if !errors.As(err, &answer) {
		return err
	}
	switch answer.HTTPStatusCode() {
	case http.StatusGone:
		return ErrGone
	case http.StatusTooManyRequests:
		return ErrThrottled
	}
	return err
}
