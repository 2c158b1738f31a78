package wiretest

import (
	"context"
	"fmt"
	"reflect"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"parley/shared/dynamo/calls"
)

// CallSDK makes the call of an input of package calls with the client of the SDK. It returns the
// output that package calls has for it, and the error of the SDK.
func CallSDK(ctx context.Context, client *dynamodb.Client, in any) (any, error) {
	switch in := in.(type) {
	case *calls.GetItemInput:
		return call[dynamodb.GetItemInput, calls.GetItemOutput](ctx, client.GetItem, in)
	case *calls.BatchGetItemInput:
		return call[dynamodb.BatchGetItemInput, calls.BatchGetItemOutput](ctx, client.BatchGetItem, in)
	case *calls.QueryInput:
		return call[dynamodb.QueryInput, calls.QueryOutput](ctx, client.Query, in)
	case *calls.PutItemInput:
		return call[dynamodb.PutItemInput, calls.PutItemOutput](ctx, client.PutItem, in)
	case *calls.UpdateItemInput:
		return call[dynamodb.UpdateItemInput, calls.UpdateItemOutput](ctx, client.UpdateItem, in)
	case *calls.DeleteItemInput:
		return call[dynamodb.DeleteItemInput, calls.DeleteItemOutput](ctx, client.DeleteItem, in)
	case *calls.BatchWriteItemInput:
		return call[dynamodb.BatchWriteItemInput, calls.BatchWriteItemOutput](ctx, client.BatchWriteItem, in)
	case *calls.TransactWriteItemsInput:
		return call[dynamodb.TransactWriteItemsInput, calls.TransactWriteItemsOutput](ctx, client.TransactWriteItems, in)
	}
	return nil, fmt.Errorf("%T is not a call of package calls", in)
}

// call makes a call of the SDK. In is its input, Out the output of package calls.
func call[In, Out, SDKOut any](ctx context.Context, do func(context.Context, *In, ...func(*dynamodb.Options)) (*SDKOut, error), in any) (any, error) {
	out, err := do(ctx, convertTo[*In](in))
	if err != nil {
		return nil, err
	}
	return convertTo[*Out](out), nil
}

// convertTo returns a T with the same members as from: types of package calls and of the SDK have
// the same names of members. Members that only one of them has are left out.
func convertTo[T any](from any) T {
	to := reflect.New(reflect.TypeFor[T]()).Elem()
	convert(to, reflect.ValueOf(from))
	return to.Interface().(T)
}

func convert(to, from reflect.Value) {
	switch from.Kind() {
	case reflect.Interface:
		if !from.IsNil() {
			convertValue(to, from.Elem())
		}
	case reflect.Pointer:
		switch {
		case from.IsNil():
		case to.Kind() != reflect.Pointer:
			convert(to, from.Elem())
		default:
			to.Set(reflect.New(to.Type().Elem()))
			convert(to.Elem(), from.Elem())
		}
	case reflect.Struct:
		for i := range to.NumField() {
			if f := from.FieldByName(to.Type().Field(i).Name); f.IsValid() && to.Type().Field(i).IsExported() {
				convert(to.Field(i), f)
			}
		}
	case reflect.Slice:
		if from.IsNil() {
			return
		}
		to.Set(reflect.MakeSlice(to.Type(), from.Len(), from.Len()))
		for i := range from.Len() {
			convert(to.Index(i), from.Index(i))
		}
	case reflect.Map:
		if from.IsNil() {
			return
		}
		to.Set(reflect.MakeMapWithSize(to.Type(), from.Len()))
		for _, key := range from.MapKeys() {
			element := reflect.New(to.Type().Elem()).Elem()
			convert(element, from.MapIndex(key))
			to.SetMapIndex(key, element)
		}
	default:
		to.Set(from.Convert(to.Type()))
	}
}

// convertValue converts a pointer to a value of an attribute.
func convertValue(to, from reflect.Value) {
	for _, pair := range [...][2]reflect.Type{
		{reflect.TypeFor[calls.Text](), reflect.TypeFor[types.AttributeValueMemberS]()},
		{reflect.TypeFor[calls.Number](), reflect.TypeFor[types.AttributeValueMemberN]()},
		{reflect.TypeFor[calls.Binary](), reflect.TypeFor[types.AttributeValueMemberB]()},
		{reflect.TypeFor[calls.Bool](), reflect.TypeFor[types.AttributeValueMemberBOOL]()},
		{reflect.TypeFor[calls.Null](), reflect.TypeFor[types.AttributeValueMemberNULL]()},
		{reflect.TypeFor[calls.List](), reflect.TypeFor[types.AttributeValueMemberL]()},
		{reflect.TypeFor[calls.Map](), reflect.TypeFor[types.AttributeValueMemberM]()},
		{reflect.TypeFor[calls.TextSet](), reflect.TypeFor[types.AttributeValueMemberSS]()},
		{reflect.TypeFor[calls.NumberSet](), reflect.TypeFor[types.AttributeValueMemberNS]()},
		{reflect.TypeFor[calls.BinarySet](), reflect.TypeFor[types.AttributeValueMemberBS]()},
	} {
		for i := range pair {
			if from.Type().Elem() == pair[i] {
				value := reflect.New(pair[1-i])
				convert(value.Elem(), from.Elem())
				to.Set(value)
				return
			}
		}
	}
	panic(fmt.Sprintf("%s is not the value of an attribute", from.Type()))
}
