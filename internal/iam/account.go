package iam

import "github.com/quoinhq/quoin/internal/store"

func accountOperations() map[string]operation {
	return map[string]operation{
		"GetAccountSummary":  getAccountSummary,
		"ListAccountAliases": listAccountAliases,
		"ListVirtualMFADevices": func(c *call) (any, error) {
			if err := c.allow("ListVirtualMFADevices", target{arn: c.s.arn("mfa/*")}); err != nil {
				return nil, err
			}
			return &struct {
				List emptyElement
				paging
			}{List: "VirtualMFADevices"}, nil
		},
	}
}

func listAccountAliases(c *call) (any, error) {
	if err := c.allow("ListAccountAliases", target{arn: "*"}); err != nil {
		return nil, err
	}
	return &struct {
		List emptyElement
		paging
	}{List: "AccountAliases"}, nil
}

func getAccountSummary(c *call) (any, error) {
	if err := c.allow("GetAccountSummary", target{arn: "*"}); err != nil {
		return nil, err
	}
	type entry struct {
		Key   string `xml:"key"`
		Value int    `xml:"value"`
	}
	type summary struct {
		Entry []entry `xml:"entry"`
	}
	var out summary
	err := c.view(func(tx store.Tx) error {
		q := c.s.quotas
		for _, k := range []struct {
			name, quota string
			kind        store.Kind
			max         int
		}{
			{"Users", "UsersQuota", kindUser, q.Users},
			{"Roles", "RolesQuota", kindRole, q.Roles},
			{"Policies", "PoliciesQuota", kindPolicy, q.Policies},
			{"InstanceProfiles", "InstanceProfilesQuota", kindProfile, q.Profiles},
			{"Providers", "", kindProvider, 0},
		} {
			n, err := tx.Count(k.kind, "")
			if err != nil {
				return err
			}
			out.Entry = append(out.Entry, entry{k.name, n})
			if k.quota != "" {
				out.Entry = append(out.Entry, entry{k.quota, k.max})
			}
		}
		out.Entry = append(out.Entry, entry{"AccessKeysPerUserQuota", q.KeysPerUser}, entry{"VersionsPerPolicyQuota", q.PolicyVersions},
			entry{"AccountAccessKeysPresent", 1}, entry{"AccountMFAEnabled", 0})
		return nil
	})
	return &struct{ SummaryMap summary }{out}, err
}
