namespace VhdPS.Engine.Nbd;

/// <summary>What carries an NBD connection.</summary>
public enum NbdTransport
{
    /// <summary>TCP.</summary>
    Tcp,

    /// <summary>A Unix domain socket.</summary>
    Unix,
}
