"""Symptoms to department (智能导诊)."""
