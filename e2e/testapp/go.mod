module coffer.dev/e2e/testapp

go 1.24
