package control

import (
	"context"
	"errors"
	"fmt"
	"maps"

	"github.com/quoinhq/quoin/finspace"
	"github.com/quoinhq/quoin/internal/store"
)

// tagged holds the tags of each resource under its ARN. A resource without
// tags has no record.
var tagged = store.Table[map[string]string]{Kind: "tag"}

// Tags are the tags of the resource with that ARN.
func Tags(tx store.Tx, arn string) (map[string]string, error) {
	tags, err := tagged.Get(tx, arn)
	if errors.Is(err, store.ErrNotFound) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	return *tags, nil
}

// putTags gives a new resource its tags, in the transaction that makes it.
// Errors: LimitExceededException.
func (s *Service) putTags(tx store.Tx, arn string, tags map[string]string) error {
	if len(tags) == 0 {
		return dropTags(tx, arn)
	}
	if limit := s.Quotas.Of(QuotaTags); len(tags) > limit {
		return finspace.NewLimitExceededException(fmt.Sprintf("A resource can have at most %d tags.", limit))
	}
	return tagged.Put(tx, arn, &tags)
}

// dropTags takes a resource's tags away, in the transaction that deletes it.
func dropTags(tx store.Tx, arn string) error {
	if err := tagged.Delete(tx, arn); err != nil && !errors.Is(err, store.ErrNotFound) {
		return err
	}
	return nil
}

// taggedResource checks that an ARN names something that is there. Of the
// errors that the tag operations declare, InvalidRequestException says that an
// ARN is none of ours, ResourceNotFoundException that nothing has it.
func (s *Service) taggedResource(tx store.Tx, arn string) error {
	r, ok := s.ARNs.parse(arn)
	if !ok {
		return finspace.NewInvalidRequestException("resourceArn names no kind of resource of this account and region.")
	}
	missing := finspace.NewResourceNotFoundException("No resource has the ARN " + arn + ".")
	if r.kind == "" {
		return missing // the Dataset Browser's: there are none
	}
	if r.kind == KindEnvironment {
		env, err := environments.Get(tx, r.key)
		if errors.Is(err, store.ErrNotFound) || err == nil && env.gone() {
			return missing
		}
		return err
	}
	_, err := tx.Get(r.kind, r.key)
	if errors.Is(err, store.ErrNotFound) {
		return missing
	}
	return err
}

// ListTagsForResource implements [api.Service].
func (s *Service) ListTagsForResource(ctx context.Context, in *finspace.ListTagsForResourceInput) (*finspace.ListTagsForResourceOutput, error) {
	return view(ctx, s, func(tx store.Tx) (*finspace.ListTagsForResourceOutput, error) {
		if err := s.taggedResource(tx, *in.ResourceArn); err != nil {
			return nil, err
		}
		tags, err := Tags(tx, *in.ResourceArn)
		if tags == nil {
			tags = map[string]string{}
		}
		return &finspace.ListTagsForResourceOutput{Tags: tags}, err
	})
}

// TagResource implements [api.Service]. Tags that are there keep their values
// unless they are given new ones.
func (s *Service) TagResource(ctx context.Context, in *finspace.TagResourceInput) (*finspace.TagResourceOutput, error) {
	return s.changeTags(ctx, "TagResource", *in.ResourceArn, func(tags map[string]string) error {
		maps.Copy(tags, in.Tags)
		if limit := s.Quotas.Of(QuotaTags); len(tags) > limit {
			return finspace.NewInvalidRequestException(fmt.Sprintf("A resource can have at most %d tags.", limit))
		}
		return nil
	})
}

// UntagResource implements [api.Service]. Keys that are not there are passed over.
func (s *Service) UntagResource(ctx context.Context, in *finspace.UntagResourceInput) (*finspace.UntagResourceOutput, error) {
	_, err := s.changeTags(ctx, "UntagResource", *in.ResourceArn, func(tags map[string]string) error {
		for _, k := range in.TagKeys {
			delete(tags, k)
		}
		return nil
	})
	return &finspace.UntagResourceOutput{}, err
}

func (s *Service) changeTags(ctx context.Context, operation, arn string, edit func(map[string]string) error) (*finspace.TagResourceOutput, error) {
	return change(ctx, s, operation, &struct{}{}, nil, func(tx store.Tx) (*finspace.TagResourceOutput, error) {
		if err := s.taggedResource(tx, arn); err != nil {
			return nil, err
		}
		tags, err := Tags(tx, arn)
		if err != nil {
			return nil, err
		}
		if tags == nil {
			tags = make(map[string]string)
		}
		if err := edit(tags); err != nil {
			return nil, err
		}
		return &finspace.TagResourceOutput{}, s.putTags(tx, arn, tags)
	})
}
