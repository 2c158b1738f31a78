package app

import (
	"context"
	"errors"

	"github.com/aws/aws-sdk-go-v2/aws"

	"parley/shared/config"
	"parley/shared/domain/delivery"
	"parley/shared/gateway"
	"parley/shared/telemetry"
)

// poster is the delivery.Poster that posts through API Gateway. It counts the posts.
type poster struct{ client *gateway.Client }

func newPoster(c config.Config, cfg aws.Config) (delivery.Poster, error) {
	client, err := gateway.New(gateway.Options{
		Endpoint: c.Connections, Region: c.Region, Credentials: cfg.Credentials, Memory: c.Memory,
		OnSent: func(ctx context.Context, n int) { telemetry.MeterOf(ctx).Count(telemetry.Units{P: n}) },
	})
	if err != nil {
		return nil, err
	}
	return poster{client}, nil
}

// Post implements delivery.Poster.
func (p poster) Post(ctx context.Context, connections []string, frame []byte) []error {
	telemetry.MeterOf(ctx).Touch("post")
	errs := p.client.PostAll(ctx, connections, frame)
	for i, err := range errs {
		switch {
		case errors.Is(err, gateway.ErrGone):
			errs[i] = delivery.ErrGone
		case errors.Is(err, gateway.ErrTooLarge), errors.Is(err, gateway.ErrForbidden):
			errs[i] = delivery.ErrRefused
		}
	}
	return errs
}

// Close implements delivery.Poster.
func (p poster) Close(ctx context.Context, connection string) error {
	telemetry.MeterOf(ctx).Touch("close")
	err := p.client.Disconnect(ctx, connection)
	if errors.Is(err, gateway.ErrGone) {
		return nil
	}
	return err
}
