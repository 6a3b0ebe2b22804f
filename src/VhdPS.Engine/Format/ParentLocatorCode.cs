namespace VhdPS.Engine.Format;

/// <summary>Platform codes of parent locators; others are kept as numbers.</summary>
public enum ParentLocatorCode : uint
{
    /// <summary>The entry is not in use.</summary>
    None = 0,

    /// <summary>"W2ru": a Windows path relative to the child's folder, UTF-16LE.</summary>
    W2ru = 0x5732_7275,

    /// <summary>"W2ku": an absolute Windows path, UTF-16LE.</summary>
    W2ku = 0x5732_6B75,

    /// <summary>"MacX": a file URL, UTF-8.</summary>
    MacX = 0x4D61_6358,

    /// <summary>"Mac ": an alias record of classic Mac OS.</summary>
    Mac = 0x4D61_6320,

    /// <summary>"Wi2r": deprecated.</summary>
    Wi2r = 0x5769_3272,

    /// <summary>"Wi2k": deprecated.</summary>
    Wi2k = 0x5769_326B,
}
