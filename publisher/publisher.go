// Package publisher chooses stories and keeps the renditions.
package publisher
