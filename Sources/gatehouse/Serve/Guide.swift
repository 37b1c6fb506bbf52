/// What `make run` prints: commands that work when they are pasted as they are.
enum Guide {
    static func text(address: String, scheme: String, admin: String?) -> String {
        """

        Gatehouse is ready on \(scheme)://\(address). In a second terminal, in this folder:

          # 1. register a partner; its secret is shown once
          PARTNER=demo-$(date +%s)
          SECRET=$(.build/release/gatehouse partner add $PARTNER --name 'Demo Partner' --role partner-writer --json \\
            | grep -o 'ghs_[A-Za-z0-9_-]*'); sleep 1

          # 2. obtain an access token
          TOKEN=$(curl -s -u "$PARTNER:$SECRET" -d grant_type=client_credentials \(scheme)://\(address)/oauth2/token \\
            | sed 's/.*"access_token":"\\([^"]*\\)".*/\\1/')

          # 3. see who you are, create a customer, list what you have
          curl -s -H "Authorization: Bearer $TOKEN" \(scheme)://\(address)/session; echo
          curl -s -H "Authorization: Bearer $TOKEN" -H 'Content-Type: application/json' \\
            -d '{"name":"Ada Ltd","contactEmail":"ada@example.com"}' \(scheme)://\(address)/api/provisioning/customers; echo
          curl -s -H "Authorization: Bearer $TOKEN" \(scheme)://\(address)/api/provisioning/customers; echo

          # 4. get refused: the policy gives no partner the scope customers:delete
          curl -s -X DELETE -H "Authorization: Bearer $TOKEN" \(scheme)://\(address)/api/provisioning/customers/cus_00000000000000000000000000; echo

        Ctrl-C stops it.\(admin.map { " Health: http://\($0)/readyz." } ?? "")

        """
    }
}
