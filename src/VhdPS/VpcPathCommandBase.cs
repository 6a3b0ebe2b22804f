namespace VhdPS;

/// <summary>Placeholder.</summary>
public static class VpcPathCommandBase { }
