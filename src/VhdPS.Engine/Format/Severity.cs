namespace VhdPS.Engine.Format;

/// <summary>How much a finding matters.</summary>
public enum Severity
{
    /// <summary>Worth knowing; nothing is wrong with the data.</summary>
    Note,

    /// <summary>Departs from the specification; data can be read.</summary>
    Warning,

    /// <summary>Data is lost, doubtful or not reachable.</summary>
    Error,
}
