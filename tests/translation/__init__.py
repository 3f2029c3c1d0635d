"""What translators work with: catalogues by room, the glossary, paragraphs of lessons and pages."""
