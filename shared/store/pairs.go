package store

import (
	"context"
	"fmt"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"parley/shared/domain/messages"
)

func readPairBook(item Item) messages.PairBook {
	return messages.PairBook{
		Latest: integer(item, "q"), Cleared: integer(item, "cl"), Count: int(integer(item, "n")),
		Minute: integer(item, "w"), Changes: int(integer(item, "wc")), Version: integer(item, "v"),
	}
}

func readPair(item Item) (messages.Pair, bool) {
	_, k, ok := ParsePairSK(text(item, "sk"))
	_, value := item["b"].(*types.AttributeValueMemberS)
	return messages.Pair{Key: k, Value: text(item, "b"), Seq: integer(item, "q")}, ok && k != "" && value && numeric(item, "q") == ""
}

// PairBook implements messages.PairStore.
func (s *Store) PairBook(ctx context.Context, app int64, a, b string, m messages.Key, keys []string) (messages.PairBook, map[string]messages.Pair, error) {
	places := []Key{PairBookKey(app, a, b, m)}
	for _, k := range keys {
		places = append(places, PairKey(app, a, b, m, k))
	}
	items, err := s.getAll(ctx, Msg, places, true)
	if err != nil {
		return messages.PairBook{}, nil, err
	}
	there := make(map[string]messages.Pair)
	for i, k := range keys {
		if item := items[i+1]; item != nil {
			if p, ok := readPair(item); ok {
				there[k] = p
			} else {
				unreadable(ctx, item, "pair")
			}
		}
	}
	return readPairBook(items[0]), there, nil
}

// AllPairs implements messages.PairStore.
func (s *Store) AllPairs(ctx context.Context, app int64, a, b string, m messages.Key) (messages.PairBook, []messages.Pair, error) {
	var book messages.PairBook
	key := PairBookKey(app, a, b, m)
	items, err := s.query(ctx, Msg, key.PK, key.SK, false)
	if err != nil {
		return book, nil, err
	}
	var list []messages.Pair
	for _, item := range items {
		if text(item, "sk") == key.SK {
			book = readPairBook(item)
		} else if p, ok := readPair(item); ok {
			list = append(list, p)
		} else {
			unreadable(ctx, item, "pair")
		}
	}
	return book, list, nil
}

// WritePairs implements messages.PairStore.
func (s *Store) WritePairs(ctx context.Context, app int64, a, b string, m messages.Key, book messages.PairBook, put []messages.Pair, remove []string) (bool, error) {
	item := PairBookKey(app, a, b, m).attributes()
	item["q"], item["cl"], item["n"], item["x"] = num(book.Latest), num(book.Cleared), num(book.Count), num(book.Expires)
	item["w"], item["wc"], item["v"] = num(book.Minute), num(book.Changes), num(book.Version+1)
	head := &types.Put{TableName: s.name(Msg), Item: item, ConditionExpression: aws.String("attribute_not_exists(pk)")}
	if book.Version > 0 {
		head.ConditionExpression, head.ExpressionAttributeValues = aws.String("v = :v"), Item{":v": num(book.Version)}
	}
	writes := []types.TransactWriteItem{{Put: head}}
	for _, p := range put {
		item := PairKey(app, a, b, m, p.Key).attributes()
		item["b"], item["q"], item["x"] = str(p.Value), num(p.Seq), num(book.Expires)
		writes = append(writes, types.TransactWriteItem{Put: &types.Put{TableName: s.name(Msg), Item: item}})
	}
	for _, k := range remove {
		writes = append(writes, types.TransactWriteItem{Delete: &types.Delete{
			TableName: s.name(Msg), Key: PairKey(app, a, b, m, k).attributes(),
		}})
	}
	err := s.db.TransactOnce(ctx, writes)
	if cancelled(err) != nil {
		return false, nil
	}
	if err != nil {
		return false, fmt.Errorf("write pairs: %w", err)
	}
	return true, nil
}
