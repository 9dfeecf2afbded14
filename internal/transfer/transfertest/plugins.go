package transfertest

import (
	"os"
	"path/filepath"
)

// PluginDir returns a folder in which Terraform finds the AWS provider without
// a registry, or "": the one that TERRAFORM_PLUGIN_DIR names, else one of those
// that Terraform itself looks into (Terraform, "Implied Local Mirror
// Directories").
func PluginDir() string {
	dirs := []string{os.Getenv("TERRAFORM_PLUGIN_DIR"), os.Getenv("TF_PLUGIN_CACHE_DIR")}
	if home, err := os.UserHomeDir(); err == nil {
		dirs = append(dirs, filepath.Join(home, ".terraform.d", "plugins"),
			filepath.Join(home, ".local", "share", "terraform", "plugins"))
	}
	dirs = append(dirs, "/usr/local/share/terraform/plugins", "/usr/share/terraform/plugins")
	for _, dir := range dirs {
		if dir == "" {
			continue
		}
		if found, err := filepath.Glob(filepath.Join(dir, "registry.terraform.io", "hashicorp", "aws", "*",
			"*")); err == nil && len(found) > 0 {
			return dir
		}
	}
	return ""
}
