package main

import "strings"

func emitClient(m *model, src *source) {
	src.printf("package finspace\n\nimport (\n\"context\"\n\"iter\"\n)\n\n")
	for i, n := range m.Operations.names {
		op := m.Operations.by[n]
		src.printf("// %s %s.\n", n, summaries[n])
		if op.Deprecated {
			src.printf("//\n// Deprecated: the Dataset Browser has ended.\n")
		}
		src.printf("func (c *Client) %s(ctx context.Context, in *%sInput) (*%sOutput, error) {\nreturn invoke[%sInput, %sOutput](ctx, c, %d, in)\n}\n\n", n, n, n, n, n, i)
		items := m.items(op)
		if items == "" {
			continue
		}
		list := m.Shapes.by[m.Shapes.by[op.Output.Shape].Members.by[items].Shape]
		elem := m.goType(list.Member.Shape, false)
		name := strings.TrimPrefix(n, "List")
		src.printf("// %s goes through the entries of all pages of [Client.%s], asking for each\n// page when it gets there. An error ends it.\n", name, n)
		if op.Deprecated {
			src.printf("//\n// Deprecated: the Dataset Browser has ended.\n")
		}
		src.printf("func (c *Client) %s(ctx context.Context, in *%sInput) iter.Seq2[%s, error] {\n", name, n, elem)
		src.printf("return pages(in, func(in %sInput, token *string) ([]%s, *string, error) {\nif token != nil {\nin.NextToken = token\n}\n", n, elem)
		src.printf("out, err := c.%s(ctx, &in)\nif err != nil {\nreturn nil, nil, err\n}\nreturn out.%s, out.NextToken, nil\n})\n}\n\n", n, goName(items))
	}
}
