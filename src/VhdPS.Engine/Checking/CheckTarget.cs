namespace VhdPS.Engine.Checking;

/// <summary>The program or service that an image is to be fit for.</summary>
public enum CheckTarget
{
    /// <summary>None in particular: only what the specification and the data ask for.</summary>
    Any,

    /// <summary>Upload to Azure as a managed disk or page blob.</summary>
    Azure,

    /// <summary>Hyper-V.</summary>
    HyperV,

    /// <summary>Virtual PC and Virtual Server.</summary>
    VirtualPC,
}
