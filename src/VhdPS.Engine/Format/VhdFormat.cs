namespace VhdPS.Engine.Format;

/// <summary>The format of an image file.</summary>
public enum VhdFormat
{
    /// <summary>Virtual Hard Disk, the format of Virtual PC and Azure.</summary>
    Vhd,

    /// <summary>Virtual Hard Disk v2.</summary>
    Vhdx,
}
