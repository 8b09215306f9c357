package s3

import (
	"context"

	"github.com/quoinhq/quoin/internal/blob"
	"github.com/quoinhq/quoin/internal/store"
)

// Live calls mark with all content that objects, their versions and the parts
// of running uploads name, for collection.
func Live(ctx context.Context, st store.Store, mark func(blob.Hash)) error {
	return st.View(ctx, func(tx store.Tx) error {
		for _, table := range []store.Table[Object]{current, versions} {
			for o, err := range table.List(tx, store.Query{}) {
				if err != nil {
					return err
				}
				mark(o.Rec.Hash)
			}
		}
		for p, err := range parts.List(tx, store.Query{}) {
			if err != nil {
				return err
			}
			mark(p.Rec.Hash)
		}
		return nil
	})
}
