package testkit

import (
	"context"
	"strconv"
	"strings"

	"parley/shared/domain/delivery"
	"parley/shared/domain/profiles"
)

// seedProfile sets a field, given as "field=value" or ".word=value".
func seedProfile(ctx context.Context, s profiles.Service, user, field string) error {
	name, value, _ := strings.Cut(field, "=")
	c := profiles.Change{Fields: map[profiles.Name]any{}, Custom: map[string]string{}}
	switch word, custom := strings.CutPrefix(name, "."); {
	case custom:
		c.Custom[word] = value
	case profiles.Name(name).Number():
		n, err := strconv.ParseInt(value, 10, 64)
		if err != nil {
			return err
		}
		c.Fields[profiles.Name(name)] = n
	default:
		c.Fields[profiles.Name(name)] = value
	}
	return s.Set(ctx, user, c, true, delivery.Origin{})
}
